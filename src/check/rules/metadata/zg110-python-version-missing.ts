import { defineRule, type RuleContext } from '../../rule.js';
import { pythonOf } from '../../space-python.js';
import { admits, compareVersions, minorOf } from '../../versions.js';
import { installed } from '../dependencies/entries.js';
import { pythonTagOf, wheelOf } from '../dependencies/wheels.js';
import { blockRange, insertAfter, isGradio, readBlock } from './fields.js';

type Data = { readonly needed: string; readonly standard: string; readonly because: string };

export const pythonVersionMissing = defineRule<Data>({
  id: 'ZG110',
  name: 'python-version-missing',
  severity: 'warning',
  summary: 'the Space needs another Python than the one it gets without python_version',
  docs: {
    why: `Without \`python_version\` a Space runs Python 3.10. A wheel that is built for another Python can't be installed
there, and a project that requires a newer one does not run.`,
    instead: 'Name the Python that the Space needs, in quotes.',
    examples: [
      {
        title: 'Fails with numpy==2.3.0 in requirements.txt, which needs Python 3.11',
        language: 'yaml',
        code: 'sdk: gradio',
      },
      { title: 'Passes', language: 'yaml', code: 'python_version: "3.12"' },
    ],
    evidence:
      'Hugging Face guidance for authors; Spaces configuration reference: "Defaults to 3.10".',
  },
  // Where the platform has no such Python, another rule says that the wheel does not fit.
  asksOtherProfiles: false,
  *check(context) {
    const { space, profile } = context;
    const block = readBlock(space);
    if (!block || block.fields.has('python_version') || !isGradio(space, profile)) return;
    const standard = pythonOf(space, profile).minor;
    const need = [...needs(context)].find(({ minors }) => !minors.includes(standard));
    const [needed] = need?.minors ?? [];
    if (!need || needed === undefined) return;
    const anchor = block.fields.get('sdk_version') ?? block.fields.get('sdk');
    const fix = anchor && insertAfter(anchor, `python_version: "${needed}"`);
    yield {
      file: 'README.md',
      range: blockRange(block),
      data: { needed, standard, because: need.because },
      ...(fix && { fix }),
    };
  },
  words({ needed, standard, because }) {
    return {
      message: `${because}, and without python_version the Space runs ${standard}`,
      help: `python_version: "${needed}"`,
    };
  },
});

/** What asks for a Python, with the platform's versions that would do, oldest first. */
function* needs(context: RuleContext) {
  const { space, profile } = context;
  const offered = [...profile.versions.python].sort(compareVersions);
  for (const entry of installed(context)) {
    const tag = pythonTagOf(wheelOf(entry));
    if (tag === null) continue;
    const minors = offered.map(minorOf).filter((minor) => minor === tag);
    if (minors.length > 0)
      yield { minors, because: `a wheel in ${entry.file} is built for ${tag}` };
  }
  const required = space.pyproject?.requiresPython;
  if (required) {
    const minors = offered.filter((version) => admits(required, version)).map(minorOf);
    if (minors.length > 0) yield { minors, because: `pyproject.toml requires Python ${required}` };
  }
}
