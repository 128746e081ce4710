/** An environment made from the Space's own files, and `run -- command` on top of it. */
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, runToEnd, startRun, testPython } from '../support/e2e/space.js';
import { startVisitors } from '../support/e2e/visitors.js';

const script = resolve(import.meta.dirname, '../support/e2e/ask.py');

describe('a Space without PyTorch', () => {
  it('runs in an environment without PyTorch, made for it', async () => {
    const { VIRTUAL_ENV: _venv, CONDA_PREFIX: _conda, ...env } = process.env;
    const run = await startRun(fixture('no-torch'), ['--yes'], null, env);
    const visitors = startVisitors();
    try {
      const call = (endpoint: string, args: unknown[], stream = false) =>
        visitors.call(run.url, endpoint, args, { token: 'free', stream });
      expect((await call('/words', ['one two three'])).value).toBe('three two one');
      expect((await call('/count', [3], true)).value).toEqual([0, 1, 2]);
      expect((await call('/has_torch', [])).value).toBe(false);
    } finally {
      visitors.close();
      await run.stop();
    }
  }, 600_000);
});

describe('run -- command', () => {
  it.each([
    ['passes its exit code on', 'raise SystemExit(7)', 7],
    ['tells it where the Space is', 'import os; assert os.environ["ZEROGPU_URL"]', 0],
  ])('%s', async (_what, code, expected) => {
    const python = testPython();
    const ended = await runToEnd([
      ...['run', fixture('no-torch'), '--python', python, '--port', '0'],
      ...['--', python, '-c', code],
    ]);
    expect(ended.code).toBe(expected);
    expect(ended.stdout).toBe('');
  });

  it('lets a client of its own ask', async () => {
    const python = testPython();
    const ended = await runToEnd([
      ...['run', fixture('no-torch'), '--python', python, '--port', '0', '--as', 'free:ci'],
      ...['--', python, join(script), '/words', 'hello there'],
    ]);
    expect(ended).toMatchObject({ code: 0, stdout: 'there hello\n' });
  });
});
