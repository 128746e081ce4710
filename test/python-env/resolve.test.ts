import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPythonWithTorch, resolvePython } from '../../src/python-env/index.js';
import type { PackageVersions } from '../../src/python-env/types.js';
import { readSpace } from '../../src/space/index.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'zerogpu-python-'));
  write('space/app.py', 'import gradio, spaces\n');
  write('space/README.md', '---\nsdk: gradio\nsdk_version: 6.31.0\n---\n');
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string, mode = 0o644): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
  return file;
}

const NONE: PackageVersions = {
  gradio: null,
  gradio_client: null,
  spaces: null,
  torch: null,
  transformers: null,
  diffusers: null,
};
const READY = { ...NONE, gradio: '6.31.0', spaces: '0.51.3' };

/** An interpreter that only answers the question about itself. */
function python(path: string, packages: PackageVersions, version = [3, 11, 7]): string {
  const executable = join(root, path);
  const answer = JSON.stringify({ executable, version, prefix: root, packages });
  return write(
    path,
    `#!/bin/sh\necho 'noise of a sitecustomize'\necho 'zerogpu:${answer}'\n`,
    0o755,
  );
}

async function resolve(explicitPython: string | null = null, env: Record<string, string> = {}) {
  return resolvePython({
    space: await readSpace(join(root, 'space')),
    explicitPython,
    install: false,
    yes: false,
    platform: { name: 'h200', torch: ['2.8.0'], python: ['3.10.13'] },
    confirm: null,
    env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, ...env },
    cacheDir: join(root, 'cache'),
    report: () => {},
  });
}

describe('which Python runs a Space', () => {
  it('is the one that is named, before all others', async () => {
    python('space/.venv/bin/python', READY);
    const named = python('mine/python', READY);
    expect(await resolve(named)).toMatchObject({
      python: named,
      origin: 'flag',
      version: '3.11.7',
    });
  });

  it('is the Space’s own, then the active one, then python3', async () => {
    const third = python('bin/python3', READY);
    expect(await resolve()).toMatchObject({ python: third, origin: 'active' });
    const second = python('active/bin/python', READY);
    const env = { VIRTUAL_ENV: join(root, 'active') };
    expect(await resolve(null, env)).toMatchObject({ python: second, origin: 'active' });
    const first = python('space/.venv/bin/python', READY);
    expect(await resolve(null, env)).toMatchObject({ python: first, origin: 'space-venv' });
  });

  it.each([
    ['lacks packages', { ...NONE, gradio: '6.31.0' }, [3, 11, 7], 'without spaces'],
    ['is too old', READY, [3, 9, 1], 'spaces needs 3.10 or newer'],
    ['has another Gradio', { ...READY, gradio: '4.44.1' }, [3, 11, 7], 'the Space is for 6.31.0'],
  ])('is not one that %s', async (_what, packages, version, why) => {
    python('space/.venv/bin/python', packages, version);
    await expect(resolve()).rejects.toMatchObject({
      code: 'E_PYTHON_ENV',
      exitCode: 3,
      why: expect.stringContaining(why),
    });
  });

  it('has to have torch where the Space imports it', async () => {
    write('space/app.py', 'import gradio, spaces, torch\n');
    python('space/.venv/bin/python', READY);
    await expect(resolve()).rejects.toMatchObject({
      why: expect.stringContaining('without torch'),
    });
  });

  it('gets the command that fixes it when it was named', async () => {
    const named = python('mine/python', NONE);
    await expect(resolve(named)).rejects.toMatchObject({
      code: 'E_PYTHON_ENV',
      fix: [`${named} -m pip install gradio spaces`],
    });
    await expect(resolve(join(root, 'nowhere'))).rejects.toMatchObject({
      code: 'E_PYTHON_NOT_FOUND',
      message: expect.stringContaining('not found'),
    });
    const silent = write('mine/silent', '#!/bin/sh\nexit 3\n', 0o755);
    await expect(resolve(silent)).rejects.toMatchObject({ code: 'E_PYTHON_NOT_FOUND' });
  });
});

describe('which Python has torch', () => {
  const env = () => ({ PATH: join(root, 'bin'), HOME: root });

  it('is the named one, or python3', async () => {
    const found = python('bin/python3', { ...NONE, torch: '2.13.0' });
    expect(await findPythonWithTorch(null, root, env())).toMatchObject({ python: found });
    const bare = python('mine/python', NONE);
    await expect(findPythonWithTorch(bare, root, env())).rejects.toMatchObject({
      code: 'E_PYTHON_ENV',
      why: `${bare}: no torch`,
    });
  });

  it('is the one that run has made for this folder, before python3', async () => {
    python('bin/python3', { ...NONE, torch: '2.13.0' });
    const made = python('cache/zerogpu/envs/space-0123456789ab/bin/python', {
      ...NONE,
      torch: '2.8.0',
    });
    const dir = join(root, 'cache/zerogpu/envs/space-0123456789ab');
    mkdirSync(join(dir, 'lib/python3.11/site-packages/torch-2.8.0.dist-info'), { recursive: true });
    writeFileSync(
      join(dir, '.zerogpu-complete'),
      JSON.stringify({ name: 'space', space: join(root, 'space') }),
    );
    const cached = { ...env(), XDG_CACHE_HOME: join(root, 'cache') };
    const here = await findPythonWithTorch(null, join(root, 'space'), cached);
    expect(here).toMatchObject({ python: made, origin: 'managed' });
    const own = python('space/.venv/bin/python', { ...NONE, torch: '2.7.1' });
    expect(await findPythonWithTorch(null, join(root, 'space'), cached)).toMatchObject({
      python: own,
    });
  });
});
