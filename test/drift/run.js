/**
 * Whether an installed pair of `spaces` and Gradio still has what zerogpu relies on (test/drift/facts.json).
 *
 *   node test/drift/run.js --python PYTHON          a report to read
 *   node test/drift/run.js --python PYTHON --json   the same as JSON
 *
 * Exit code 0 when everything is there, 1 when something is missing or has changed, 2 for a wrong call or a
 * Python without the packages.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const here = import.meta.dirname;
process.exitCode = main();

function main() {
  let values;
  try {
    ({ values } = parseArgs({
      options: { python: { type: 'string' }, json: { type: 'boolean', default: false } },
    }));
  } catch (error) {
    return wrong(error.message);
  }
  if (!values.python) return wrong('--python is missing');
  const script = join(here, 'inspect_packages.py');
  const { status, stdout, stderr, error } = spawnSync(
    values.python,
    ['-I', script, join(here, 'facts.json')],
    { encoding: 'utf8' },
  );
  if (error || status !== 0) return wrong(error?.message ?? stderr.trim());
  const report = JSON.parse(stdout);
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
  return report.results.every(({ status: found }) => found === 'found') ? 0 : 1;
}

function textOf({ versions, results }) {
  const differing = results.filter(({ status }) => status !== 'found');
  const lines = results.map(({ status, what, file }) => `${status.padEnd(8)} ${what}  (${file})`);
  const details = differing.flatMap(({ status, what, file, usedIn, instead }) => [
    `${status}: ${what}`,
    `  there  ${file}${instead ? `: ${instead}` : ''}`,
    `  here   ${usedIn}`,
  ]);
  const count = `${results.length - differing.length} of ${results.length} found`;
  const title = `spaces ${versions.spaces}, gradio ${versions.gradio}: ${count}`;
  return `${[...lines, '', ...(details.length > 0 ? [...details, ''] : []), title].join('\n')}\n`;
}

function wrong(message) {
  process.stderr.write(`${message}\nusage: node test/drift/run.js --python PYTHON [--json]\n`);
  return 2;
}
