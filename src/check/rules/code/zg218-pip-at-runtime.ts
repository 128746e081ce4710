import type { PyCall } from '../../../space/python/index.js';
import { nodesIn, stringOf, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly command: string };

const RUNNERS =
  /^(?:os\.(?:system|popen)|subprocess\.(?:run|call|check_call|check_output|Popen|getoutput))$/;

export const pipAtRuntime = defineRule<Data>({
  id: 'ZG218',
  name: 'pip-at-runtime',
  severity: 'warning',
  summary: 'packages are installed while the app runs',
  docs: {
    why: 'What is installed at start-up is installed at every start, in whatever version is newest, and a restart fails when the index does. Inside a GPU function the visitor pays for it.',
    instead: 'List it in requirements.txt; a wheel by its address where there is no release.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'import subprocess\nsubprocess.run(["pip", "install", "flash-attn"])',
      },
      { title: 'Passes', language: 'python', code: 'import flash_attn' },
    ],
    evidence: 'Real Spaces.',
  },
  *check(context) {
    for (const call of reachableCalls(context)) {
      if (!RUNNERS.test(call.callee ?? '')) continue;
      const command = commandOf(call);
      if (/\bpip3?\b["',\s]+install\b/.test(command)) {
        yield at(call.file, call.node, { command: command.replaceAll(/\s+/g, ' ').slice(0, 80) });
      }
    }
  },
  words({ command }) {
    return {
      message: `packages are installed while the app runs: ${command}`,
      help: 'list them in requirements.txt',
    };
  },
});

function commandOf({ file, positional, keywords }: PyCall): string {
  const node = positional[0] ?? keywords.get('args');
  if (!node) return '';
  const words = [...nodesIn(node)].flatMap((one) => {
    if (one.type !== 'string') return [];
    return stringOf(file, one) ?? textOf(file, one);
  });
  return words.join(' ');
}
