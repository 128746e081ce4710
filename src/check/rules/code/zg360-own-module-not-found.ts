import type { PyImport, PythonFile } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { projectsOf } from '../../tables/modules.js';
import { installed } from '../dependencies/entries.js';
import { at, isTried, reachableFiles } from './facts.js';

type Data = {
  readonly module: string;
  readonly why: 'relative' | 'case';
  /** The folder or file that has the name in other letters. */
  readonly found: string | null;
};

export const ownModuleNotFound = defineRule<Data>({
  id: 'ZG360',
  name: 'own-module-not-found',
  severity: 'error',
  summary: "one of the Space's own modules is imported in a way that Python does not find it",
  docs: {
    why: 'The platform starts the app file as a script. A script has no package, so `from .utils import …` in it ends with "attempted relative import with no known parent package". And file names on the platform distinguish upper and lower case, unlike those of Windows and macOS: `import Utils` does not find utils.py.',
    instead: 'Import the module by its name, as the file is spelled: `from utils import …`.',
    notFound:
      'Imports under `try` or a condition, and inside functions; relative imports of other files than the app file.',
    examples: [
      { title: 'Fails in app.py', language: 'python', code: 'from .utils import resize' },
      { title: 'Passes', language: 'python', code: 'from utils import resize' },
    ],
    evidence:
      'The Python language reference, section 5.7; the platform runs `python app.py` on Linux (https://huggingface.co/docs/hub/spaces-config-reference, `app_file`).',
  },
  *check(context) {
    const own = ownNames(context);
    for (const file of reachableFiles(context)) {
      for (const one of file.imports) {
        if (!one.isModuleLevel || one.guard !== 'none' || isTried(one.node)) continue;
        if (context.python.executionOf(file, one.node) !== 'executed') continue;
        const data = problemOf(context, file, one, own);
        if (data) yield at(file, one.node, data);
      }
    }
  },
  words({ module, why, found }) {
    if (why === 'case') {
      return {
        message: `${module} is not found: the Space has ${found}`,
        note: `"No module named '${module}'": upper and lower case count`,
        help: 'import it as the file is spelled, or rename the file',
      };
    }
    return {
      message: `${module} is relative, and the app file is not part of a package`,
      note: '"attempted relative import with no known parent package"',
      help: 'leave out the dots',
    };
  },
});

function problemOf(
  context: RuleContext,
  file: PythonFile,
  { module, files }: PyImport,
  own: ReadonlyMap<string, string>,
): Data | null {
  if (module.startsWith('.')) {
    return file.isMain ? { module, why: 'relative', found: null } : null;
  }
  const name = module.split('.')[0] ?? module;
  const found = own.get(name.toLowerCase());
  if (files.length > 0 || found === undefined || projectsOf(name) !== null) return null;
  const isExact = found === name || found === `${name}.py`;
  const isListed = installed(context).some((one) => one.name === name.toLowerCase());
  return isExact || isListed ? null : { module: name, why: 'case', found };
}

/** Modules beside the app file and at the top of the Space: their names in lower case, and as they are. */
function ownNames({ space, python }: RuleContext): ReadonlyMap<string, string> {
  const folder = python.app?.path.includes('/') ? python.app.path.replace(/[^/]+$/, '') : '';
  const names = new Map<string, string>();
  for (const { path } of space.listing.entries) {
    if (!path.endsWith('.py')) continue;
    for (const base of [folder, '']) {
      if (!path.startsWith(base)) continue;
      const [first = '', ...below] = path.slice(base.length).split('/');
      names.set(first.replace(/\.py$/, '').toLowerCase(), below.length > 0 ? `${first}` : first);
    }
  }
  return names;
}
