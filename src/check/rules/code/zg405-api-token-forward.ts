import { textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly space: string };

export const apiTokenForward = defineRule<Data>({
  id: 'ZG405',
  name: 'api-token-forward',
  severity: 'advice',
  summary: 'another Space is called without saying for whom',
  docs: {
    why: 'A call from Space to Space without the visitor\'s token counts against the caller\'s address: one quota for all visitors, and "Space app has reached its GPU limit".',
    instead: "Hand the visitor's header on.",
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'client = Client("owner/space")\n\ndef call(text):\n    return client.predict(text)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'def call(text, request: gr.Request):\n    token = request.headers["x-ip-token"]\n    client = Client("owner/space", headers={"X-IP-Token": token})\n    return client.predict(text)',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/client.py: X-IP-Token.',
  },
  *check(context) {
    for (const { file, node, callee, keywords, positional } of reachableCalls(context)) {
      if (callee !== 'gradio_client.Client' || keywords.has('headers')) continue;
      const [first] = positional;
      if (keywords.has('token') || keywords.has('hf_token') || !first) continue;
      yield at(file, node, { space: textOf(file, first) });
    }
  },
  words({ space }) {
    return {
      message: `Client(${space}) passes no visitor on: all visitors share one quota there`,
      help: 'headers={"X-IP-Token": request.headers["x-ip-token"]}',
    };
  },
});
