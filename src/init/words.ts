/** What `init` says. Pure. */

import { UserError } from '../shared/errors.js';
import { printableLine } from '../shared/printable.js';
import type { Template } from './manifest.js';
import type { Plan } from './plan.js';

/** The templates as a table, or as one object. */
export function listTemplates(templates: readonly Template[], asJson: boolean): string {
  if (asJson) {
    const list = templates.map(({ name, title, summary, platforms, minimum }) => ({
      name,
      title,
      summary,
      platforms,
      minimum,
    }));
    return `${JSON.stringify({ version: 1, templates: list }, null, 2)}\n`;
  }
  const width = Math.max(...templates.map(({ name }) => name.length));
  return templates.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`).join('');
}

/** No template has as many files; a Space that is copied may have thousands. */
const MOST_LINES = 40;

/** What is done with each file, on stderr. */
export function planLines({ files }: Plan, folder: string, isDryRun: boolean): string {
  const words = isDryRun
    ? { create: 'would create   ', overwrite: 'would overwrite', keep: 'would keep     ' }
    : { create: 'created    ', overwrite: 'overwritten', keep: 'kept       ' };
  const prefix = folder === '.' ? '' : `${folder}/`;
  const lines = files
    .slice(0, MOST_LINES)
    .map(({ path, action }) => `${words[action]}  ${prefix}${printableLine(path)}\n`);
  const more = files.length - lines.length;
  return lines.join('') + (more > 0 ? `… and ${more} more\n` : '');
}

/**
 * The commands to type now, on stdout.
 *
 * @param runFlags that the template wants
 */
export function nextCommands(
  folder: string,
  runFlags: readonly string[],
  hasTests: boolean,
): string {
  const dir = folder === '.' ? '' : ` ${quoted(folder)}`;
  const tests = folder === '.' ? 'tests/' : quoted(`${folder}/tests/`);
  const run = [`zerogpu run${dir}`, ...runFlags].join(' ');
  const rows = [
    [`zerogpu check${dir}`, 'what ZeroGPU would refuse'],
    [run, 'on the emulated GPU'],
    hasTests
      ? [`${run} --fresh -- pytest ${tests}`, 'its tests (pip install pytest gradio_client)']
      : ['zerogpu explain', 'every rule and every error'],
  ] as const;
  const width = Math.max(...rows.map(([command]) => command.length));
  const lines = rows.map(([command, what]) => `  ${command.padEnd(width)}   ${what}\n`);
  return `\nNext\n${lines.join('')}`;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

export function conflictError(conflicts: readonly string[], dir: string): UserError {
  const [first, ...others] = conflicts;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return new UserError('E_INIT_EXISTS', `${first}${more} would be overwritten`, {
    why: `These are there already: ${conflicts.join(', ')}. Nothing was written.`,
    fix: [
      `zerogpu init ${dir} --here    (adds what is missing to the app that is there)`,
      `zerogpu init ${dir} --force   (replaces them)`,
    ],
  });
}

export function needsTemplate(templates: readonly Template[]): UserError {
  return new UserError('E_USAGE', 'init needs --template without a terminal', {
    why: `The templates are: ${templates.map(({ name }) => name).join(', ')}.`,
    fix: ['zerogpu init DIR --template hello', 'zerogpu init DIR --yes   (every default)'],
  });
}
