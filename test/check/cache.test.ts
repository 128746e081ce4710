/** Kept answers: the same as computed ones after any edit, few, and private. */
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answersDir } from '../../src/check/cache/store.js';
import { check } from '../../src/check/index.js';
import { recall } from '../../src/check/recall.js';

const README = '---\nsdk: gradio\nsdk_version: 5.49.1\npython_version: 3.10.13\n---\n';
const APP = `import gradio as gr
import spaces
import lib

@spaces.GPU(duration=30)
def f(x):
    return x

gr.Interface(f, "text", "text").launch()
`;
const BUILD = 'a-build';
let root: string;
let space: string;

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

interface Said {
  readonly code: number;
  readonly text: string;
}

function worldOf(argv: readonly string[], env: Record<string, string> = {}) {
  return {
    argv: ['check', ...argv],
    build: BUILD,
    env: { XDG_CACHE_HOME: join(root, 'cache'), XDG_CONFIG_HOME: join(root, 'config'), ...env },
    cwd: root,
    stdout: new Sink(),
    stderr: new Sink(),
    interrupted: new AbortController().signal,
  };
}

/** Milliseconds differ from run to run. */
const plain = (text: string) =>
  text
    .replaceAll(/\d+ ms/g, 'N ms')
    .replaceAll(/"elapsedMs": \d+/g, 'N')
    // Whether this fits on the line depends on the milliseconds as well.
    .replaceAll(/\s+more: zerogpu/g, ' more: zerogpu');

async function computed(argv: readonly string[], env = {}): Promise<Said> {
  const world = worldOf(argv, env);
  const json = argv.includes('--json') ? { json: true } : {};
  const code = await check([space], json, world, '1');
  return { code, text: plain(world.stdout.text) };
}

async function recalled(argv: readonly string[], env = {}, build = BUILD): Promise<Said | null> {
  const world = worldOf(argv, env);
  const code = await recall(world, '1', build);
  return code === null ? null : { code, text: plain(world.stdout.text) };
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(space, path)), { recursive: true });
  await writeFile(join(space, path), text);
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'zerogpu-cache-'));
  space = join(root, 'space');
  await put('README.md', README);
  await put('app.py', APP);
  await put('lib.py', 'import torch\nnet = torch.compile(torch.nn.Linear(2, 2))\n');
  await put('requirements.txt', 'torch==2.8.0\n');
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe('a kept answer', () => {
  it.each([[[]], [['--json']]])('is the computed one, word for word: %j', async (argv) => {
    expect(await recalled(argv)).toBeNull();
    const first = await computed(argv);
    expect(first.code).toBe(1);
    expect(await recalled(argv)).toEqual(first);
  });

  it.each<readonly [string, () => Promise<unknown>]>([
    ['a file that was read', () => put('lib.py', 'import torch\n')],
    ['a file that was absent', () => put('packages.txt', 'ffmpeg\n')],
    ['a file that only the listing has', () => put('readme.md', '')],
    ['the file of settings', () => put('zerogpu.json', '{"check": {"ignore": ["ZG305"]}}')],
    ['a file that is gone', () => rm(join(space, 'requirements.txt'))],
    ['a file of another name', () => rename(join(space, 'lib.py'), join(space, 'lib2.py'))],
    [
      'the same size and the same date',
      async () => {
        const file = join(space, 'lib.py');
        const { atime, mtime } = await stat(file);
        await put('lib.py', 'import torch\nnet = torch.compilf(torch.nn.Linear(2, 2))\n');
        await utimes(file, atime, mtime);
      },
    ],
    ['the folder that is gone', () => rm(space, { recursive: true })],
    [
      'the settings of the user',
      async () => {
        await mkdir(join(root, 'config', 'zerogpu'), { recursive: true });
        await writeFile(
          join(root, 'config', 'zerogpu', 'config.json'),
          '{"platform": "rtx-pro-6000"}',
        );
      },
    ],
  ])('is not given after a change of %s', async (_name, change) => {
    await computed([]);
    expect(await recalled([])).not.toBeNull();
    await change();
    expect(await recalled([])).toBeNull();
  });

  it('is not given to another command, environment or build', async () => {
    await computed([]);
    expect(await recalled(['--strict'])).toBeNull();
    expect(await recalled(['--no-cache'])).toBeNull();
    expect(await recalled([], { ZEROGPU_PLATFORM: 'rtx-pro-6000' })).toBeNull();
    expect(await recalled([], { NO_COLOR: '1' })).toBeNull();
    expect(await recalled([], {}, 'another')).toBeNull();
    expect(await recalled([])).not.toBeNull();
  });

  it('that was cut off or changed on disk is not given', async () => {
    await computed([]);
    const dir = answersDir(worldOf([]).env);
    const [name = ''] = await readdir(dir);
    for (const text of ['', 'x', '{}', `${'0'.repeat(64)}\n{"spaces": []}`]) {
      await writeFile(join(dir, name), text);
      expect(await recalled([])).toBeNull();
    }
  });

  it('is for its owner alone, and there are few', async () => {
    const { env } = worldOf([]);
    for (let i = 0; i < 70; i += 1) await computed([`--round=${i}`]);
    const names = await readdir(answersDir(env));
    expect(names).toHaveLength(64);
    const modes = await Promise.all(
      names.map(async (name) => (await stat(join(answersDir(env), name))).mode & 0o777),
    );
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  it('a folder for answers that can not be made changes nothing', async () => {
    await writeFile(join(root, 'cache'), 'a file');
    expect((await computed([])).code).toBe(1);
    expect(await recalled([])).toBeNull();
  });
});

it('whatever is edited, a recalled answer equals a computed one', {
  timeout: 120_000,
}, async () => {
  const paths = [
    'README.md',
    'app.py',
    'lib.py',
    'more/x.py',
    'requirements.txt',
    'zerogpu.json',
    'packages.txt',
  ];
  const texts = [
    README,
    APP,
    '',
    'torch==1.0\n',
    'import torch\ntorch.compile(1)\n',
    'from more import x\n',
    '{"check": {"strict": true}}',
    '{"check": {"ignore": ["ZG305", "ZG2"]}}',
    '# zerogpu: ignore-file ZG305\nimport torch\ntorch.compile(1)\n',
  ];
  const edit = fc.record({
    path: fc.constantFrom(...paths),
    text: fc.option(fc.constantFrom(...texts)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
      for (const { path, text } of edits) {
        if (text === null) await rm(join(space, path), { force: true });
        else await put(path, text);
        const kept = await recalled([]);
        const fresh = await computed([]).catch((error: Error) => error.message);
        if (kept !== null) expect(kept).toEqual(fresh);
        const again = await recalled([]);
        if (again !== null) expect(again).toEqual(fresh);
      }
    }),
    { numRuns: 40 },
  );
  // How many of the drawn answers are kept depends on the draw; after any of them, this one is.
  for (const path of paths) await rm(join(space, path), { force: true });
  await put('README.md', README);
  await put('app.py', APP);
  const fresh = await computed([]);
  expect(await recalled([])).toEqual(fresh);
});
