import { normalizeName, type RequirementEntry } from '../../../space/index.js';
import { defineRule } from '../../rule.js';
import { broughtBy, projectsOf } from '../../tables/modules.js';
import { at, isTried, reachableFiles } from '../code/facts.js';
import { readBlock, textOf } from '../metadata/fields.js';
import { installed } from './entries.js';
import { gradioOf } from './gradio-release.js';

type Data = { readonly module: string; readonly project: string; readonly isKnown: boolean };

export const moduleMissing = defineRule<Data>({
  id: 'ZG226',
  name: 'module-missing',
  severity: 'error',
  summary: 'the app imports a package that nothing installs',
  docs: {
    why: 'The platform installs Gradio, spaces and PyTorch, and what requirements.txt lists, each with its dependencies. A package that is in none of these is missing: the app ends with ModuleNotFoundError.',
    instead: 'List the package in requirements.txt, by the name of its project.',
    notFound:
      'Imports under `try` or a condition, inside functions, and packages that are not in the table of modules; anything beside a repository, archive or folder whose dependencies are not known. It is a warning where the dependencies of a listed package are not known, because that may bring the module, and without front matter.',
    examples: [
      { title: 'Fails with no opencv in requirements.txt', language: 'python', code: 'import cv2' },
      { title: 'Passes', language: 'text', code: 'opencv-python-headless' },
    ],
    evidence:
      'Dependencies resolved by uv for Linux and Python 3.10 (2026-11-29); build logs of public Spaces for what the platform installs.',
  },
  *check(context) {
    const { space, python } = context;
    // With another SDK it is not requirements.txt that says what is installed.
    const sdk = textOf(space, 'sdk');
    if (python.app === null || (sdk ?? 'gradio') !== 'gradio') return;
    const entries = installed(context);
    const hasBlock = readBlock(space) !== null;
    // Without front matter a list that names what the platform has anyway is meant to be all.
    if (!hasBlock && !entries.some(({ name }) => name === 'gradio' || name === 'spaces')) return;
    const names = entries.flatMap(({ name, text }) => name ?? repositoryOf(text) ?? []);
    const isForked = entries.some(({ url }) => url !== null);
    const brought = broughtBy(names, gradioOf(context));
    if (entries.some((entry) => isOpaque(entry))) return;
    const seen = new Set<string>();
    for (const file of reachableFiles(context)) {
      for (const one of file.imports) {
        const module = one.module.split('.')[0] ?? '';
        const projects = projectsOf(module);
        if (!projects || !one.isModuleLevel || one.guard !== 'none' || one.files.length > 0)
          continue;
        if (seen.has(module) || projects.some((name) => brought.projects.has(name))) continue;
        if (isTried(one.node) || python.executionOf(file, one.node) !== 'executed') continue;
        seen.add(module);
        const isKnown = brought.isKnown && !isForked && hasBlock && file === python.app;
        const data = { module, project: projects[0] ?? module, isKnown };
        yield at(file, one.node, data, { severity: isKnown ? 'error' : 'warning' });
      }
    }
  },
  words({ module, project, isKnown }) {
    return {
      message: `${module} is imported, and ${isKnown ? 'nothing installs it' : 'no listed package is known to bring it'}`,
      note: `"No module named '${module}'"`,
      help: `${project} in requirements.txt`,
    };
  },
});

/** A repository, archive or folder whose dependencies are in no table: it may bring anything. */
function isOpaque({ url, name, text, isLocal, isEditable }: RequirementEntry): boolean {
  if (isLocal || isEditable) return true;
  if (url === null && name !== null) return false;
  const project = name ?? repositoryOf(text);
  return project === null || !broughtBy([project], null).isKnown;
}

/** What `git+https://host/owner/diffusers@main` most likely installs: a project of that name. */
function repositoryOf(requirement: string): string | null {
  const [, path] = /^git\+\w+:\/\/([^\s#?;]+)/.exec(requirement) ?? [];
  // The revision comes after an @ behind the host, which may have one before it.
  const [, name] =
    /\/([\w.-]+?)(?:\.git)?\/?(?:@.*)?$/.exec(path?.replace(/^[^/]*/, '') ?? '') ?? [];
  return name ? normalizeName(name) : null;
}
