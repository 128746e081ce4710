import { PassThrough } from 'node:stream';
import { main } from '../../../src/cli/main.js';

/** Runs a command line in this process, without any ZEROGPU_ variable. */
export async function runMain(cwd: string, argv: readonly string[]) {
  const said = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new PassThrough().on('data', (part) => {
      said[name] += part;
    });
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('ZEROGPU_'));
  const code = await main(argv, {
    env: Object.fromEntries(own),
    cwd,
    stdin: new PassThrough(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    interrupted: new AbortController().signal,
    onForced() {},
  });
  return { code, ...said };
}
