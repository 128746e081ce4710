import { stringOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, isConditional, reachableCalls } from './facts.js';

type Data = { readonly what: string; readonly wanted: string };

export const serverPortFixed = defineRule<Data>({
  id: 'ZG341',
  name: 'server-port-fixed',
  severity: 'warning',
  summary: 'the app listens where the platform does not look',
  docs: {
    why: 'The platform asks port 7860 of every address. An app on another port, or on loopback alone, never becomes ready.',
    instead: 'Leave `server_port` and `server_name` out: the platform sets both.',
    notFound: '7860 and "0.0.0.0".',
    evidence: 'Hugging Face documentation, Spaces; GRADIO_SERVER_PORT and GRADIO_SERVER_NAME.',
  },
  *check(context) {
    for (const { file, node, method, keywords } of reachableCalls(context)) {
      if (method !== 'launch' || isConditional(node, file)) continue;
      const port = keywords.get('server_port');
      const number = port ? context.python.numberOf(file, port) : null;
      if (port && number !== null && number !== 7860) {
        yield at(file, port, { what: `port ${number}`, wanted: '7860' });
      }
      const name = keywords.get('server_name');
      const host = name ? stringOf(file, name) : null;
      if (name && (host === '127.0.0.1' || host === 'localhost')) {
        yield at(file, name, { what: host, wanted: '0.0.0.0' });
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
