import { nodesIn, stringOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at } from './facts.js';

type Data = { readonly token: string };

const TOKEN = /^hf_[A-Za-z0-9]{30,}$/;

export const tokenInCode = defineRule<Data>({
  id: 'ZG359',
  name: 'token-in-code',
  severity: 'error',
  summary: 'a token of Hugging Face is written in the code',
  docs: {
    why: 'Everybody who can read the Space can act as its owner with that token, also after it is deleted: it stays in the history. Tokens that are found in public are revoked.',
    instead:
      'Revoke the token, and set `HF_TOKEN` as a secret in the settings of the Space: libraries find it there.',
    notFound: 'Tokens that are put together from parts.',
    examples: [
      { title: 'Fails', language: 'python', code: 'login("hf_…")' },
      { title: 'Passes', language: 'python', code: 'login(os.environ["HF_TOKEN"])' },
    ],
    evidence:
      'Hugging Face documentation, pages "Security: secrets scanning" and "Spaces: managing secrets".',
  },
  *check({ python }) {
    for (const file of python.files) {
      if (!file.text.includes('hf_')) continue;
      for (const node of nodesIn(file.root)) {
        const text = node.type === 'string' ? stringOf(file, node) : null;
        // Placeholders repeat one letter.
        if (text === null || !TOKEN.test(text) || new Set(text.slice(3)).size < 8) continue;
        yield at(file, node, { token: `${text.slice(0, 5)}…` });
      }
    }
  },
  words({ token }) {
    return {
      message: `the token ${token} is written in the code: whoever reads the Space can use it`,
      help: 'revoke it, and set HF_TOKEN as a secret of the Space',
    };
  },
});
