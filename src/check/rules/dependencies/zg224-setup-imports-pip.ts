import facts from '../../data/package-facts.json' with { type: 'json' };
import { defineRule } from '../../rule.js';
import { isBelow } from '../../versions.js';
import { installed } from './entries.js';

type Data = { readonly project: string };

export const setupImportsPip = defineRule<Data>({
  id: 'ZG224',
  name: 'setup-imports-pip',
  severity: 'error',
  summary: 'a source distribution imports pip while it is built',
  docs: {
    why: 'pip builds a source distribution in an environment of its own, in which pip itself is not installed. A setup.py that imports it ends the build with "No module named \'pip\'".',
    instead:
      'Name a wheel or a fork by its URL, or copy the modules that are needed into the Space.',
    notFound: 'Projects that are not in the table of package facts.',
    examples: [
      { title: 'Fails', language: 'text', code: 'chumpy' },
      {
        title: 'Passes',
        language: 'text',
        code: 'chumpy @ https://example.org/chumpy-0.71-py3-none-any.whl',
      },
    ],
    evidence: `${facts.source} (${facts.date}); pip's documentation on build isolation.`,
  },
  *check(context) {
    for (const { name, to } of facts.setupImportsPip) {
      for (const { file, requirementRange: range, url, specifier } of installed(context, name)) {
        if (url !== null || (to !== null && !isBelow(specifier, to))) continue;
        yield { file, range, data: { project: name } };
      }
    }
  },
  words({ project }) {
    return {
      message: `${project} imports pip while it is built, and the build has none`,
      note: '"No module named \'pip\'"',
      help: 'a wheel by its URL, or a copy of the modules in the Space',
    };
  },
});
