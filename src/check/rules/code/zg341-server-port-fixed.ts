import { childOf, type PyNode, stringOf } from '../../../space/python/index.js';
import { defineRule, type Fix } from '../../rule.js';
import { addKeyword, keywordOf, removeArgument, replaceNode } from './edits.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly what: string; readonly wanted: string };

export const serverPortFixed = defineRule<Data>({
  id: 'ZG341',
  name: 'server-port-fixed',
  severity: 'warning',
  summary: 'the app listens where the platform does not look',
  docs: {
    why: 'The platform asks port 7860 of every address. An app on another port, or on loopback alone, never becomes ready.',
    instead: 'Leave `server_port` and `server_name` out: the platform sets both.',
    notFound: '7860 and "0.0.0.0". uvicorn listens on 127.0.0.1 and port 8000 by default.',
    examples: [
      { title: 'Fails', language: 'python', code: 'uvicorn.run(app, host="0.0.0.0", port=8000)' },
      { title: 'Passes', language: 'python', code: 'uvicorn.run(app, host="0.0.0.0", port=7860)' },
    ],
    evidence: 'Hugging Face documentation, Spaces; GRADIO_SERVER_PORT and GRADIO_SERVER_NAME.',
  },
  *check(context) {
    for (const call of reachableCalls(context)) {
      const { file, node, method, callee, keywords } = call;
      const isUvicorn = callee === 'uvicorn.run' && keywords.size + call.positional.length > 0;
      if ((method !== 'launch' && !isUvicorn) || context.python.isConditional(file, node)) continue;
      if (context.python.executionOf(file, node) !== 'executed') continue;
      const port = keywords.get(isUvicorn ? 'port' : 'server_port');
      const number = port ? context.python.numberOf(file, port) : null;
      const isOpen = [...keywords.keys()].length < keywordCount(node);
      if (port && number !== null && number !== 7860) {
        const fix = isUvicorn
          ? { ...replaceNode(file, port, '7860'), safety: 'unsafe' as const }
          : unsafe(removeArgument(file, keywordOf(port)));
        yield at(file, port, { what: `port ${number}`, wanted: '7860' }, fix ? { fix } : {});
      } else if (!port && isUvicorn && !isOpen) {
        const fix = unsafe(addKeyword(file, node, 'port=7860'));
        yield at(file, node, { what: 'port 8000', wanted: '7860' }, fix ? { fix } : {});
      }
      const name = keywords.get(isUvicorn ? 'host' : 'server_name');
      const host = name ? stringOf(file, name) : null;
      if (name && (host === '127.0.0.1' || host === 'localhost')) {
        const fix = { ...replaceNode(file, name, '"0.0.0.0"'), safety: 'unsafe' as const };
        yield at(file, name, { what: host, wanted: '0.0.0.0' }, { fix });
      } else if (!name && isUvicorn && !isOpen) {
        const fix = unsafe(addKeyword(file, node, 'host="0.0.0.0"'));
        yield at(file, node, { what: '127.0.0.1', wanted: '0.0.0.0' }, fix ? { fix } : {});
      }
    }
  },
  words({ what, wanted }) {
    return {
      message: `the app listens on ${what}, and the platform asks ${wanted}`,
      help: 'leave it out: the platform sets it',
    };
  },
});

function unsafe(fix: Fix | undefined): Fix | undefined {
  return fix && { ...fix, safety: 'unsafe' };
}

/** Keywords of a call, `**options` among them: with those the rest is not known. */
function keywordCount(node: PyNode): number {
  const list = childOf(node, 'arguments');
  return (list?.children ?? []).filter(
    ({ type }) => type === 'keyword_argument' || type === 'dictionary_splat',
  ).length;
}
