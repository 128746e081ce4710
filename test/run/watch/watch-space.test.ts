import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchSpace } from '../../../src/run/watch/watch-space.js';
import { temporaryFolder } from '../../support/supervise.js';

async function setUp() {
  const dir = temporaryFolder();
  const put = (file: string, text: string) => writeFileSync(join(dir, file), text);
  for (const folder of ['pages', '__pycache__', '.git', 'state', 'python3', 'tests']) {
    mkdirSync(join(dir, folder));
  }
  put('app.py', 'one');
  put('pages/first.py', 'one');
  put('README.md', '---\nsdk: gradio\n---\ntext\n');
  put('python3/pyvenv.cfg', '');
  put('python3/lib.py', 'one');
  put('state/own.py', 'one');
  const seen: (readonly string[])[] = [];
  let state: 'starting' | 'serves' | 'down' = 'serves';
  const watch = await watchSpace({
    dir,
    isOurs: (folder) => folder === join(dir, 'state'),
    state: () => state,
    onChange: (files) => seen.push(files),
    warn: () => {},
  });
  onTestFinished(watch.close);
  return { dir, put, seen, become: (next: typeof state) => (state = next) };
}

const past = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1_000));

describe('watchSpace', () => {
  it('reports a save once, whatever the editor does for it', async () => {
    const { dir, put, seen } = await setUp();
    put('app.py', '');
    put('app.py', 'tw');
    put('.app.py.swp', 'two');
    put('app.py.tmp', 'two');
    renameSync(join(dir, 'app.py.tmp'), join(dir, 'app.py'));
    await expect.poll(() => seen).toEqual([['app.py']]);
    rmSync(join(dir, 'pages/first.py'));
    await expect.poll(() => seen.at(-1)).toEqual(['pages/first.py']);
    await past(0.3);
    expect(seen).toHaveLength(2);
  });

  it('reports nothing of what is not the source of the Space, nor of a file that is as before', async () => {
    const { dir, put, seen } = await setUp();
    put('__pycache__/app.py', 'x');
    put('.git/hook.py', 'x');
    put('state/own.py', 'x');
    put('python3/lib.py', 'x');
    put('tests/test_app.py', 'x');
    put('out.json', 'x');
    put('cloned.py', 'x');
    put('README.md', '---\nsdk: gradio\n---\nanother text\n');
    utimesSync(join(dir, 'app.py'), 1, 1);
    await past(0.5);
    expect(seen).toEqual([]);
    put('README.md', '---\nsdk: gradio\nsdk_version: 6.0.0\n---\nanother text\n');
    await expect.poll(() => seen).toEqual([['README.md']]);
  });

  it('counts new Python files while the app is down', async () => {
    const { put, seen, become } = await setUp();
    become('down');
    put('missing.py', 'x');
    await expect.poll(() => seen).toEqual([['missing.py']]);
  });
});
