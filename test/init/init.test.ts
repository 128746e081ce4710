/** `zerogpu init` in real folders: what is written, what is never touched, what is asked. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { init } from '../../src/init/index.js';
import type { RawInitOptions } from '../../src/init/options.js';
import { temporaryFolder } from '../support/supervise.js';

interface Setting {
  readonly cwd?: string;
  /** What is pressed once a question with that word is asked: there is a terminal then. */
  readonly keys?: readonly (readonly [question: string, key: string])[];
  readonly env?: Record<string, string>;
  /** `zerogpu config set platform` of before. */
  readonly usersPlatform?: string;
}

/** Runs one `init`; what it said comes back with its code. */
async function make(
  dir: string,
  raw: RawInitOptions = {},
  { cwd, keys, env, usersPlatform }: Setting = {},
) {
  const said = { stdout: '', stderr: '' };
  const isTTY = keys !== undefined;
  const stream = (name: 'stdout' | 'stderr') =>
    Object.assign(new PassThrough(), { isTTY, columns: 80 }).on('data', (part) => {
      said[name] += part;
    });
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode() {} });
  const folder = cwd ?? temporaryFolder();
  const [stdout, stderr] = [stream('stdout'), stream('stderr')];
  const { signal: interrupted } = new AbortController();
  const world = { env: env ?? {}, cwd: folder, stdin, stdout, stderr, interrupted };
  const done = init(dir, raw, world, '1.2.3', usersPlatform);
  done.catch(() => {});
  for (const [question, key] of keys ?? []) {
    await expect.poll(() => said.stderr).toContain(question);
    await sleep(20);
    stdin.write(key);
  }
  return { code: await done, folder, ...said };
}

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
const ENTER = '\r';
const DOWN = '\u001b[B';

describe('zerogpu init', () => {
  it('makes a Space with every default, and ends with three commands', async () => {
    const { code, folder, stdout } = await make('my-space', { yes: true, git: false });
    expect(code).toBe(0);
    expect(new Set(readdirSync(join(folder, 'my-space')))).toEqual(
      new Set([
        '.gitignore',
        'AGENTS.md',
        'README.md',
        'app.py',
        'requirements.txt',
        'tests',
        'zerogpu.json',
      ]),
    );
    expect(read(folder, 'my-space/README.md')).toContain('title: My space\n');
    expect(stdout.match(/^ {2}zerogpu .*$/gm)).toHaveLength(3);
    expect(stdout).toContain('zerogpu run my-space --fresh -- pytest my-space/tests/');
  });

  it('makes a repository, but none inside another', async () => {
    const { folder } = await make('.', { yes: true });
    expect(existsSync(join(folder, '.git'))).toBe(true);
    await make('inner', { yes: true }, { cwd: folder });
    expect(existsSync(join(folder, 'inner/app.py'))).toBe(true);
    expect(existsSync(join(folder, 'inner/.git'))).toBe(false);
  });

  it('takes the platform of the settings, where the template is made for it', async () => {
    const setting = { usersPlatform: 'rtx-pro-6000' };
    const platformOf = async (template: string) => {
      const { folder } = await make('.', { template, yes: true, git: false }, setting);
      return (JSON.parse(read(folder, 'zerogpu.json')) as { platform: string }).platform;
    };
    expect(await platformOf('hello')).toBe('rtx-pro-6000');
    expect(await platformOf('flash-attention')).toBe('h200');
  });

  it('writes nothing on a dry run', async () => {
    const { folder, stderr, stdout } = await make('x', { template: 'chat', dryRun: true });
    expect(stderr).toMatch(/^would create +x\/tiny\.py$/m);
    expect(stdout).toBe('');
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });

  it('overwrites nothing, and then writes nothing at all', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'app.py'), 'mine');
    symlinkSync('/nowhere', join(folder, 'README.md'));
    await expect(make('.', { yes: true }, { cwd: folder })).rejects.toMatchObject({
      code: 'E_INIT_EXISTS',
      message: 'README.md and 1 more would be overwritten',
    });
    expect(readdirSync(folder).sort()).toEqual(['README.md', 'app.py']);
    expect(read(folder, 'app.py')).toBe('mine');
  });

  it('replaces with --force', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'app.py'), 'old');
    const { code } = await make('.', { yes: true, force: true, git: false }, { cwd: folder });
    expect(code).toBe(0);
    expect(read(folder, 'app.py')).toContain('import spaces');
  });

  it('says so when a file stands where a folder has to be', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'tests'), '');
    await expect(make('.', { yes: true, git: false }, { cwd })).rejects.toMatchObject({
      code: 'E_INIT_WRITE',
      exitCode: 3,
    });
  });

  it.each([
    [{}, /needs --template/],
    [{ template: 'chatt' }, /--template is "chatt"/],
    [{ template: 'chat', gradio: '4.44.1' }, /--gradio is "4.44.1"/],
    [{ template: 'ahead-of-time', torch: '2.7.1' }, /--torch is "2.7.1"/],
    [{ template: 'flash-attention', platform: 'rtx-pro-6000' }, /not for rtx-pro-6000/],
    [{ template: 'hello', license: 'my own' }, /--license is "my own"/],
    [{ template: 'hello', name: ' ' }, /--name is " "/],
    [{ template: 'hello', ci: 'jenkins' }, /--ci is "jenkins"/],
    [{ here: true, force: true }, /do not go together/],
  ])('refuses %j', async (raw, message) => {
    await expect(make('x', raw)).rejects.toThrow(message);
  });

  it('lists the templates', async () => {
    const { stdout } = await make('.', { list: true });
    expect(stdout).toMatch(/^hello /);
    const asJson = await make('.', { list: true, json: true });
    expect(JSON.parse(asJson.stdout).templates).toHaveLength(10);
  });
});

describe('zerogpu init on a terminal', () => {
  it('asks, and takes what is chosen', async () => {
    const { code, folder } = await make(
      'maker',
      {},
      {
        keys: [
          ['Template', DOWN],
          ['Template', ENTER],
          ['Name', ENTER],
          ['Platform', ENTER],
          ['Licence', DOWN],
          ['Licence', ENTER],
          ['GitHub Actions', 'y'],
          ['git repository', 'n'],
        ],
      },
    );
    expect(code).toBe(0);
    // The second template; Gradio and PyTorch are not asked for: there is one to choose from.
    expect(read(folder, 'maker/app.py')).toContain('aoti_compile');
    expect(read(folder, 'maker/README.md')).toMatch(/^title: Maker$[\s\S]*^license: mit$/m);
    expect(existsSync(join(folder, 'maker/.github/workflows/zerogpu.yml'))).toBe(true);
    expect(existsSync(join(folder, 'maker/.git'))).toBe(false);
  });

  it('writes nothing when it is left', async () => {
    const { code, folder, stderr } = await make('maker', {}, { keys: [['Template', '\u0003']] });
    expect(code).toBe(130);
    expect(stderr).toContain('nothing was written');
    expect(existsSync(join(folder, 'maker'))).toBe(false);
  });

  it('asks nothing in CI', async () => {
    await expect(make('x', {}, { keys: [], env: { CI: '1' } })).rejects.toThrow(/needs --template/);
  });
});

describe('zerogpu init --here', () => {
  it('adds what is missing, touches nothing, and says what to do', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'helpers'));
    writeFileSync(join(folder, 'main.py'), 'import gradio\n');
    writeFileSync(join(folder, 'README.md'), '# Mine\n');
    const { code, stderr } = await make('.', { here: true }, { cwd: folder });
    expect(code).toBe(0);
    expect(read(folder, 'README.md')).toBe('# Mine\n');
    expect(read(folder, 'main.py')).toBe('import gradio\n');
    expect(new Set(readdirSync(folder))).toEqual(
      new Set(['.gitignore', 'AGENTS.md', 'README.md', 'helpers', 'main.py', 'zerogpu.json']),
    );
    expect(stderr).toContain('app_file: main.py');
    expect(stderr).toContain('@spaces.GPU(duration=30)');
    expect(stderr).not.toContain('license:');
  });

  it('has nothing to say about an app that is whole', async () => {
    const folder = temporaryFolder();
    await make('.', { yes: true, git: false }, { cwd: folder });
    const { stderr } = await make('.', { here: true }, { cwd: folder });
    expect(stderr.match(/^kept /gm)).toHaveLength(4);
    expect(stderr).not.toContain('@spaces.GPU');
  });

  it('needs an app to add to', async () => {
    const cwd = temporaryFolder();
    await expect(make('.', { here: true }, { cwd })).rejects.toThrow(/there is no app.py/);
    await expect(make('gone', { here: true }, { cwd })).rejects.toThrow(/no folder "gone"/);
    for (const name of ['one.py', 'two.py']) writeFileSync(join(cwd, name), '');
    await expect(make('.', { here: true }, { cwd })).rejects.toMatchObject({
      why: expect.stringContaining('one.py, two.py'),
    });
  });
});
