/** What a coding agent reads of zerogpu: made from the command tree, so that it names what there is. */
import { loadProfile, type PlatformProfile, TIER_TITLES, tiersOf } from '../platform/index.js';

/** A command with its first line of help. */
export interface SkillCommand {
  readonly name: string;
  readonly description: string;
}

/** Tells a file that this command wrote from one that a person wrote. */
export const SKILL_MARK = '<!-- written by `zerogpu skills add`; run it again after an update -->';

/** At most 150 lines, with a line end at the end. */
export function skillText(commands: readonly SkillCommand[], platform: string): string {
  return `---
name: zerogpu
description: Check, run and test Hugging Face ZeroGPU Spaces on this machine before they are pushed. Use it for any Space that imports \`spaces\` or decorates functions with @spaces.GPU.
---
${SKILL_MARK}

# zerogpu

Find what breaks on ZeroGPU without a GPU and without a push. What fails here fails there.

## In this order

1. \`zerogpu check DIR --format agent\` reads the Space and runs nothing of it. Each line ends with the next command.
2. \`zerogpu check DIR --fix\` applies the safe fixes. \`--diff --unsafe-fixes\` shows the others: read them first.
3. \`zerogpu explain ZG201\` explains a rule or an error code, offline.
4. \`zerogpu run DIR -- COMMAND\` starts the Space, waits until it answers, runs the command with \`GRADIO_URL\` set, stops the
   Space and exits with the code of the command. Without a command it serves until it is interrupted: give it
   \`--for 2m\`.
5. Push only when \`check\` exits with 0 and the tests pass under \`run\`.

## How to read it

- Results are on stdout, all else on stderr. No command asks a question without a terminal.
- A finding: \`FILE:LINE:COLUMN SEVERITY RULE MESSAGE | … | next: COMMAND\`.
- An error: \`error CODE MESSAGE | WHY | next: COMMAND\`.
- Errors are refused by the platform or break there. Warnings most likely do harm. Infos and advice fail nothing.
- Exit codes: 0 done, 1 findings or a failed app, 2 wrong use, 3 could not work, 70 a bug in zerogpu.
- \`--json\` is the same as data, where a command has it.

## What the platform does

${platformRules(loadProfile(platform))}

## Commands

${commands.map(({ name, description }) => `- \`zerogpu ${name}\`: ${description}`).join('\n')}

\`zerogpu COMMAND --help\` lists the flags.
`;
}

function platformRules(profile: PlatformProfile): string {
  const { defaultDurationSeconds, versions, sdks } = profile;
  const tiers = tiersOf(profile)
    .map((tier) => `${TIER_TITLES[tier]} ${profile.tiers[tier]?.quotaSeconds} s`)
    .join(', ');
  return [
    `- Profile ${profile.name}, as of ${profile.asOf}. \`zerogpu help platforms\` lists the others.`,
    `- \`sdk\` in README.md is ${sdks.join(' or ')}; Python ${versions.python.join(' or ')}.`,
    `- torch is one of ${versions.torch.join(', ')}.`,
    `- A function that needs the GPU is decorated with \`@spaces.GPU(duration=SECONDS)\`; the default is ${defaultDurationSeconds} s.`,
    '- The main process has no GPU. `model.to("cuda")` at module level is packed and moved for it; other CUDA calls there fail.',
    '- `import spaces` comes before torch and whatever imports it.',
    '- Each GPU function runs in a process forked for it: what it sets in globals is lost, what it returns is pickled, and on the CPU.',
    '- `torch.compile` does not work there; ahead-of-time compilation does.',
    `- GPU seconds per visitor and day: ${tiers}. A call is refused when its declared seconds exceed what is left.`,
    '- A call that runs past its duration is killed.',
  ].join('\n');
}
