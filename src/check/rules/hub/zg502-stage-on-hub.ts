import { defineRule, type Severity } from '../../rule.js';

type Data = { readonly id: string; readonly stage: string; readonly problem: string | null };

/** Stages in which the Space serves no visitor, with their severity; the others pass by themselves. */
const STAGES: ReadonlyMap<string, Severity> = new Map([
  ['NO_APP_FILE', 'error'],
  ['CONFIG_ERROR', 'error'],
  ['BUILD_ERROR', 'error'],
  ['RUNTIME_ERROR', 'error'],
  ['PAUSED', 'info'],
  ['STOPPED', 'info'],
  ['DELETING', 'info'],
]);

export const stageOnHub = defineRule<Data>({
  id: 'ZG502',
  name: 'stage-on-hub',
  severity: 'error',
  asksHub: true,
  summary: 'on the Hub the Space does not run, and does not come up by itself',
  docs: {
    why: `The Hub says of each Space what stage it is in. After \`CONFIG_ERROR\`, \`BUILD_ERROR\`, \`RUNTIME_ERROR\` and
\`NO_APP_FILE\` it stays down until somebody pushes a change or restarts it; a paused or stopped one (an info)
until somebody starts it. The stage is that of the default branch, so it is not told of another revision.`,
    instead:
      'Read the logs of build and container on the Space’s page; the other findings may name the cause. Then push, or restart it in Settings.',
    examples: [
      {
        title: 'Fails: what the Hub says of the Space',
        language: 'json',
        code: '{ "runtime": { "stage": "RUNTIME_ERROR" } }',
      },
      {
        title: 'Passes: what the Hub says of the Space',
        language: 'json',
        code: '{ "runtime": { "stage": "RUNNING" } }',
      },
    ],
    evidence: 'SpaceStage of huggingface_hub 2.4.0 and of @huggingface/hub 2.17.',
  },
  *check({ hub }) {
    const severity = hub?.isRunning && hub.stage ? STAGES.get(hub.stage) : undefined;
    if (!hub?.stage || severity === undefined) return;
    const { id, stage, problem } = hub;
    yield { file: 'README.md', range: null, severity, data: { id, stage, problem } };
  },
  words({ id, stage, problem }) {
    return {
      message: `${id} is in stage ${stage} on the Hub`,
      ...(problem ? { note: `the Hub says: ${problem.replaceAll(/\p{Cc}+/gu, ' ').trim()}` } : {}),
      help: 'read its logs on the Hub; the other findings may name the cause',
    };
  },
});
