export const AGENTS_PATH = 'AGENTS.md';

/**
 * What a coding agent reads before it changes the Space: which commands to run, in which order. Pure.
 *
 * @param runFlags further flags of `zerogpu run`
 */
export function agentsPage(title: string, runFlags: readonly string[], hasTests: boolean): string {
  const run = ['zerogpu run .', ...runFlags, '--fresh'].join(' ');
  const tests = hasTests
    ? `\`${run} -- pytest tests/\` starts the Space, runs its tests and stops it.`
    : `\`${run} --detach\` starts the Space, \`zerogpu call --list\` shows what can be called, \`zerogpu stop\` ends it.`;
  return `# Working on ${title}

A Gradio Space for Hugging Face ZeroGPU. No GPU is needed here: \`zerogpu\` (\`npx zerogpu\`) emulates the platform.

After each change, in this order:

1. \`zerogpu check . --format agent\`: what ZeroGPU refuses or breaks. Each line ends with the next command. Exit code 0 is the aim.
2. \`zerogpu explain ZG201\`: what a rule means, offline.
3. ${tests}
4. Push only when both pass.

What the platform does:

- The main process has no GPU. Models go to \`"cuda"\` at module level; all other work on the GPU is in functions decorated with
  \`@spaces.GPU(duration=SECONDS)\`.
- Each of these runs in a process forked for it: globals that it sets are lost, and what it returns is pickled.
- \`import spaces\` comes before torch.
- A visitor pays the seconds that a call declares against a daily quota: declare what it takes, and no more.
- torch, Gradio and Python are pinned to releases that the platform has (requirements.txt, README.md): do not raise them without
  \`zerogpu check\`.
`;
}
