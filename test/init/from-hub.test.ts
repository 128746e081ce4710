/** `zerogpu init --from hf:OWNER/NAME` against a Hub that serves a repository. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { init } from '../../src/init/index.js';
import type { RawInitOptions } from '../../src/init/options.js';
import {
  entryOf,
  type RepositoryHub,
  type StubSpace,
  startRepository,
} from '../support/hub/repository.js';
import { temporaryFolder } from '../support/supervise.js';

const SPACE: StubSpace = {
  id: 'ada/hello',
  files: {
    'README.md': '---\nsdk: gradio\n---\n',
    'app.py': 'import gradio\n',
    'assets/a b.txt': 'text',
    'weights.bin': 'heavy',
  },
  large: ['weights.bin'],
};

let repository: RepositoryHub;
let home: string;
beforeEach(async () => {
  repository = await startRepository(SPACE);
  home = temporaryFolder();
});
afterEach(() => repository.close());

async function make(dir: string | undefined, raw: RawInitOptions, folder = temporaryFolder()) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const world = {
    env: { HF_ENDPOINT: repository.url, HF_HOME: home, HOME: home, CI: '1' },
    cwd: folder,
    ...{ stdin, stdout, stderr },
    interrupted: new AbortController().signal,
  };
  const code = await init(dir, { git: false, ...raw }, world, '1.2.3').catch((error) => error);
  stdout.end();
  stderr.end();
  return { code, folder, stdout: await text(stdout), stderr: await text(stderr) };
}

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

describe('init --from', () => {
  it('copies every file into a folder of its name, as files and not as links', async () => {
    const { code, folder, stdout, stderr } = await make(undefined, { from: 'hf:ada/hello' });
    expect(code).toBe(0);
    const dir = join(folder, 'hello');
    for (const [path, content] of Object.entries(SPACE.files)) {
      expect(lstatSync(join(dir, path)).isFile()).toBe(true);
      expect(read(dir, path)).toBe(content);
    }
    expect(stderr).toContain('4 files');
    expect(stdout).toContain('zerogpu check hello');
    expect(stdout).not.toContain('tests/');
    // A change of the copy must not reach the cache.
    writeFileSync(join(dir, 'app.py'), 'mine');
    const again = await make('second', { from: 'hf:ada/hello' });
    expect(read(again.folder, 'second/app.py')).toBe('import gradio\n');
    expect(again.stderr).toContain('all in the cache');
  });

  it('takes the name without its scheme, and makes a repository unless that is switched off', async () => {
    const { folder } = await make('mine', { from: 'ada/hello', git: true });
    expect(existsSync(join(folder, 'mine/.git'))).toBe(true);
  });

  it('overwrites nothing, and brings nothing before it knows that', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'app.py'), 'mine');
    const { code } = await make('.', { from: 'hf:ada/hello' }, folder);
    expect(code).toMatchObject({ code: 'E_INIT_EXISTS' });
    expect(readdirSync(folder)).toEqual(['app.py']);
    expect(repository.hub.seen.some(({ path }) => path.includes('/resolve/'))).toBe(false);
    const forced = await make('.', { from: 'hf:ada/hello', force: true }, folder);
    expect(forced.code).toBe(0);
    expect(read(folder, 'app.py')).toBe('import gradio\n');
  });

  it('--force replaces a link, and not what it leads to', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'outside'));
    writeFileSync(join(folder, 'outside/secret'), 'secret');
    mkdirSync(join(folder, 'inside'));
    symlinkSync('../outside/secret', join(folder, 'inside/app.py'));
    await make('inside', { from: 'hf:ada/hello', force: true }, folder);
    expect(read(folder, 'outside/secret')).toBe('secret');
    expect(read(folder, 'inside/app.py')).toBe('import gradio\n');
  });

  it('writes and brings nothing on a dry run', async () => {
    const { folder, stderr } = await make('x', { from: 'hf:ada/hello', dryRun: true });
    expect(stderr).toMatch(/^would create +x\/app\.py$/m);
    expect(existsSync(join(folder, 'x'))).toBe(false);
    expect(repository.hub.seen.some(({ path }) => path.includes('/resolve/'))).toBe(false);
  });

  it('brings no more than was agreed to, and says which files are large', async () => {
    const limited = await make('x', { from: 'hf:ada/hello', maxDownload: '10B', yes: true });
    expect(limited.code).toMatchObject({ code: 'E_HUB_TOO_LARGE', exitCode: 3 });
    expect(limited.code.why).toContain('app.py');
    expect(limited.code.fix[0]).toContain('--max-download');
    const entries = [{ ...entryOf('huge.bin', 'x', true), size: 2e8 }].map((entry) => ({
      ...entry,
      lfs: { oid: 'b'.repeat(64), size: 2e8 },
    }));
    repository.serve({ ...SPACE, entries });
    const unasked = await make('x', { from: 'hf:ada/hello' });
    expect(unasked.code).toMatchObject({ code: 'E_HUB_TOO_LARGE' });
    expect(unasked.code.why).toContain('huge.bin: 200.0 MB');
    expect(existsSync(join(unasked.folder, 'x'))).toBe(false);
  });

  it('a full disk is reported before the download', async () => {
    const lfs = { oid: 'b'.repeat(64), size: 1e15 };
    repository.serve({
      ...SPACE,
      entries: [{ type: 'file', path: 'huge.bin', size: 1e15, lfs }],
    });
    const { code } = await make('x', { from: 'hf:ada/hello', yes: true });
    expect(code).toMatchObject({ code: 'E_HUB_CACHE', exitCode: 3 });
    expect(code.why).toContain('1000.0 TB');
    expect(repository.hub.seen.some(({ path }) => path.includes('/resolve/'))).toBe(false);
  });

  it.each<[string, RawInitOptions]>([
    ['a template', { template: 'chat' }],
    ['--here', { here: true }],
    ['--list', { list: true }],
    ['a licence', { license: 'mit' }],
  ])('does not go together with %s', async (_, raw) => {
    const { code } = await make('x', { from: 'hf:ada/hello', ...raw });
    expect(code).toMatchObject({ code: 'E_USAGE' });
  });

  it('--max-download alone means nothing', async () => {
    expect((await make('x', { yes: true, maxDownload: '1GB' })).code).toMatchObject({
      code: 'E_USAGE',
    });
  });

  it.each([
    ['a file outside the folder', [entryOf('../evil', 'x')]],
    ['a hook of git', [entryOf('.GIT/hooks/post-commit', 'x')]],
    ['a file that is also a folder', [entryOf('app.py/x', 'x')]],
  ])('%s ends it, and nothing lies outside', async (_, entries) => {
    repository.serve({
      ...SPACE,
      entries,
      files: { ...SPACE.files, 'app.py/x': 'x' },
    });
    const { code, folder } = await make('x', { from: 'hf:ada/hello' });
    expect(code.exitCode).toBe(3);
    expect(readdirSync(folder)).toEqual([]);
  });
});
