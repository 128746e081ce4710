import { defineRule } from '../../rule.js';
import { pythonOf } from '../../space-python.js';
import { reachableFiles } from './facts.js';

type Data = { readonly reason: string; readonly isCertain: boolean; readonly python: string };

export const syntaxError = defineRule<Data>({
  id: 'ZG344',
  name: 'syntax-error',
  severity: 'error',
  summary: 'a file that the app runs is not valid Python',
  docs: {
    why: 'Python refuses the whole file: the app does not start.',
    instead:
      'Fix the line. Syntax of a newer Python needs `python_version` in the front matter of the README.',
    notFound:
      "With a Python of the Space's version on this machine, that Python decides. Without one, what the parser can not read is a warning at most: it may be newer than the parser.",
    examples: [
      { title: 'Fails', language: 'python', code: 'def generate(prompt)\n    return prompt' },
      { title: 'Passes', language: 'python', code: 'def generate(prompt):\n    return prompt' },
    ],
    evidence: 'The interpreter itself (`ast.parse`).',
  },
  asksUnreached: true,
  *check(context) {
    const python = pythonOf(context.space, context.profile).minor;
    for (const file of reachableFiles(context)) {
      const syntaxErrors = context.python.syntaxErrorsOf(file);
      const sure = syntaxErrors.find(({ isCertain }) => isCertain);
      const one = sure ?? syntaxErrors[0];
      if (!one) continue;
      const { range, reason, isCertain } = one;
      yield {
        file: file.path,
        range,
        data: { reason, isCertain, python },
        severity: isCertain ? 'error' : 'warning',
      };
    }
  },
  words({ reason, isCertain, python }) {
    return isCertain
      ? { message: `Python ${python} can not read this file: ${reason}` }
      : {
          message: `this may be no Python ${python}: ${reason}`,
          note: `no Python ${python} or newer was found here to ask`,
        };
  },
});
