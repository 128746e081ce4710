/** The prompt of `zerogpu mcp`: the work that most sessions are about. */
import type { Prompt } from '@modelcontextprotocol/sdk/types.js';

export const PROMPT: Prompt = {
  name: 'make-this-space-pass',
  title: 'Make this Space pass',
  description: 'Fix what breaks on ZeroGPU, and show by a run that it works.',
  arguments: [
    { name: 'space', description: 'folder of the Space, relative to the root (default: the root)' },
  ],
};

/** @param mayRun whether the server was started with `--allow-run` */
export function promptText(space: string, mayRun: boolean): string {
  const at = JSON.stringify(space);
  const steps = [
    `Call the tool check with {"space": ${at}}.`,
    'For each error and warning: read what it means with the tool explain, then change the file. {"fixes": "safe"} shows ready-made changes; those of {"fixes": "all"} ask for judgement.',
    'Change as little as you can. Do not silence a finding with an ignore comment, unless you can say why it is wrong here.',
    'Check again until the exit code is 0.',
    ...(mayRun
      ? [
          `Call the tool estimate with {"space": ${at}}: it says whether each endpoint fits, and which duration to declare.`,
          `Start the Space with the tool run, {"space": ${at}, "fresh": true}. When it does not start, the tool logs has the reason.`,
          'List the endpoints with the tool call, and call each one that has a GPU function, as "anonymous" and as "free". Compare the seconds used with the seconds asked: a duration that is far too long costs visitors calls.',
          'See what a visitor reads who is refused: the tool fault with "quota@1", then a call.',
          'Stop the Space with the tool stop.',
        ]
      : ['This server may not run the Space: say which commands a person should run to try it.']),
    'Report what you changed and why, what you tried, and what you could not try.',
  ];
  const list = steps.map((step, index) => `${index + 1}. ${step}`).join('\n');
  return `Make the Hugging Face Space in ${at} pass on ZeroGPU.\n\n${list}\n`;
}
