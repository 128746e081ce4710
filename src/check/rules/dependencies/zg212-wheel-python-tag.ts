import { defineRule } from '../../rule.js';
import { pythonOf } from '../../space-python.js';
import { readBlock } from '../metadata/fields.js';
import { installed } from './entries.js';
import { fitsLinux, fitsPython, wheelOf } from './wheels.js';

type Data = {
  readonly file: string;
  readonly problem: 'python' | 'platform';
  readonly tags: string;
  readonly python: string;
};

export const wheelPythonTag = defineRule<Data>({
  id: 'ZG212',
  name: 'wheel-python-tag',
  severity: 'error',
  summary: 'a wheel is built for another Python or another system than the Space has',
  docs: {
    why: `A wheel that is named by URL is installed as it is. When its tags do not fit, pip ends with "is not a supported
wheel on this platform". Spaces run on Linux on x86-64, with Python 3.10 unless \`python_version\` says
otherwise.`,
    instead: 'Take the wheel of the Python that the Space runs, or change `python_version`.',
    notFound:
      '`py3`, `abi3` of an older Python, and `any` are fine. A Space without front matter has not said its Python yet.',
    examples: [
      {
        title: 'Fails',
        language: 'text',
        code: 'https://example.org/thing-1.0-cp312-cp312-linux_x86_64.whl',
      },
      {
        title: 'Passes',
        language: 'text',
        code: 'https://example.org/thing-1.0-cp310-cp310-linux_x86_64.whl',
      },
    ],
    evidence: 'PEP 425 and 427; seen in public Spaces.',
  },
  *check(context) {
    const { minor } = pythonOf(context.space, context.profile);
    // Without front matter the Python is unknown: that is one finding, and another rule's.
    const isPythonKnown = readBlock(context.space) !== null;
    for (const entry of installed(context)) {
      const wheel = wheelOf(entry);
      if (!wheel || entry.problem || entry.hasVariables) continue;
      const isWrongPython = isPythonKnown && !fitsPython(wheel, minor);
      if (!isWrongPython && fitsLinux(wheel)) continue;
      const tags = isWrongPython ? wheel.pythons.join('.') : wheel.platforms.join('.');
      const problem = isWrongPython ? 'python' : 'platform';
      const range = entry.requirementRange;
      yield { file: entry.file, range, data: { file: wheel.file, problem, tags, python: minor } };
    }
  },
  words({ problem, tags, python }) {
    if (problem === 'platform') {
      return { message: `the wheel is built for ${tags}`, note: 'Spaces run on linux_x86_64' };
    }
    return {
      message: `the wheel is built for ${tags}, and the Space runs Python ${python}`,
      note: `a wheel with cp${python.replace('.', '')} is needed`,
    };
  },
});
