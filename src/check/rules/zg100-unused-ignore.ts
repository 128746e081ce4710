import { defineRule } from '../rule.js';

type Data = { readonly rules: readonly string[] };

/** Found by the engine, after all others: a comment is unused when it took nothing away. */
export const unusedIgnore = defineRule<Data>({
  id: 'ZG100',
  name: 'unused-ignore',
  severity: 'info',
  summary: 'a comment asks to ignore a rule that finds nothing there',
  docs: {
    why: `A comment \`zerogpu: ignore ZG301\` outlives its reason: the line was fixed, or moved away from it. Left in
place, it would hide the next finding of that rule without anybody having decided so.`,
    instead: 'Remove the comment, or move it to the line that it is about.',
    examples: [
      { title: 'Fails', language: 'python', code: 'x = 1  # zerogpu: ignore ZG305' },
      {
        title: 'Passes',
        language: 'python',
        code: 'model = torch.compile(model)  # zerogpu: ignore ZG305',
      },
      {
        title: 'On the line, or alone above it; several rules with commas; a whole file',
        language: 'python',
        code: `model = torch.compile(model)  # zerogpu: ignore ZG301 only on a dedicated GPU

# zerogpu: ignore ZG301, ZG310 only on a dedicated GPU
model = torch.compile(model)

# zerogpu: ignore-file ZG301 this module is not used on ZeroGPU`,
      },
    ],
    evidence: 'A rule of this tool.',
  },
  *check() {},
  words({ rules }) {
    if (rules.length === 0) {
      return {
        message: 'this comment names no rule, so nothing is ignored',
        help: 'name it: zerogpu: ignore ZG301',
      };
    }
    return {
      message: `nothing to ignore here for ${rules.join(', ')}`,
      help: 'remove the comment',
    };
  },
});
