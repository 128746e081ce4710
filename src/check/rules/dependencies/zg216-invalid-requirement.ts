import { defineRule } from '../../rule.js';

type Data = { readonly text: string; readonly reason: string; readonly isLegacy: boolean };

export const invalidRequirement = defineRule<Data>({
  id: 'ZG216',
  name: 'invalid-requirement',
  severity: 'error',
  summary: 'pip refuses a line of requirements.txt',
  docs: {
    why: `One line that pip can't read ends the build with "Invalid requirement" or "no such option", whatever the other
lines say. What older releases of pip let through (\`torch>=2.*\`) is a warning.`,
    instead:
      'Write what the requirements format of pip knows: a name, a version specifier, a marker.',
    notFound:
      'Markers, extras, hashes, `-r`, `-c`, `-f`, `--extra-index-url`, URLs, `git+https`, environment variables, comments and any line end.',
    examples: [
      {
        title: 'Fails',
        language: 'text',
        code: 'pip install torch\ntorch=2.8.0\nflash-attn --no-build-isolation',
      },
      { title: 'Passes', language: 'text', code: 'torch==2.8.0\ntransformers>=4.50,<5  # why' },
    ],
    evidence: 'pip 26.3: every form was given to its parser.',
  },
  *check({ space }) {
    for (const model of [space.requirements, space.preRequirements]) {
      for (const entry of model?.entries ?? []) {
        const { file, range, text } = entry;
        const reason = entry.problem?.reason ?? entry.optionProblem;
        if (reason === undefined || reason === null) continue;
        const isLegacy = entry.problem?.kind === 'legacy';
        const data = { text, reason, isLegacy };
        const newText = rewritten(text);
        yield {
          file,
          range,
          data,
          ...(isLegacy ? { severity: 'warning' as const } : {}),
          ...(newText === null ? {} : { fix: { edits: [{ file, range, newText }] } }),
        };
      }
      for (const { file, range, text, problem } of model?.options ?? []) {
        if (problem) yield { file, range, data: { text, reason: problem, isLegacy: false } };
      }
    }
  },
  words({ reason, isLegacy }) {
    return {
      message: isLegacy ? 'newer releases of pip refuse this line' : 'pip refuses this line',
      note: reason,
    };
  },
});

/** The one thing that a line can mean: `torch=2.8.0`, `pip install torch`; null for others. */
function rewritten(text: string): string | null {
  const pin = /^([A-Za-z][\w.-]*)\s*=\s*(\d[\w.+]*)$/.exec(text.trim());
  if (pin) return `${pin[1]}==${pin[2]}`;
  const command = /^pip3? install ([A-Za-z][\w.-]*(?:==\d[\w.+]*)?)$/.exec(text.trim());
  return command?.[1] ?? null;
}
