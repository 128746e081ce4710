/** Environments are made by installers that stand in for uv and pip: nothing is downloaded. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOnPath } from '../../src/python-env/interpreters.js';
import { ensureManaged } from '../../src/python-env/managed.js';
import { planForSpace } from '../../src/python-env/plan.js';
import { probePython } from '../../src/python-env/probe.js';
import type { BuildContext } from '../../src/python-env/types.js';
import { readSpace } from '../../src/space/index.js';

let root: string;
let real: string;
let minor: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'zerogpu-managed-'));
  const probed = await probePython(findOnPath('python3', process.env) ?? 'python3', process.env);
  if (!probed.ok) throw new Error(probed.reason);
  real = probed.facts.executable;
  minor = `${probed.facts.major}.${probed.facts.minor}`;
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'space'));
  writeFileSync(join(root, 'space/app.py'), 'import gradio, spaces, torch\n');
  script('bin/python3', `exec ${real} "$@"`);
});
afterEach(() => rmSync(root, { recursive: true }));

function script(path: string, body: string): void {
  writeFileSync(join(root, path), `#!/bin/sh\n${body}\n`);
  chmodSync(join(root, path), 0o755);
}

/** A uv whose index of CPU builds answers `cpu`; the environment's pip lists `pip`. */
function installers(cpu: string, pip: string): void {
  script('pip', `echo 'Available versions: ${pip}'`);
  script(
    'bin/uv',
    `echo "$*" >> ${root}/uv.log
case "$*" in
  venv*) for dir; do :; done
    mkdir -p "$dir/bin"
    printf '#!/bin/sh\\ncase "$*" in *"index versions"*) exec ${root}/pip;; *"pip install"*) echo "pip $*" >> ${root}/uv.log; case "$*" in *--report*) for p; do case "$last" in --report) echo "{\\\\"install\\\\": []}" > "$p";; esac; last="$p"; done;; esac; exit 0;; esac\\nexec ${real} "$@"\\n' > "$dir/bin/python"
    chmod +x "$dir/bin/python";;
  "python find"*) exit 2;;
  *--no-deps*) ${cpu};;
  *--dry-run*) echo ' + torch==2.8.0';;
esac`,
  );
}
const UNREACHABLE = 'echo "dns error"; exit 1';

async function ensure(
  changes: Partial<BuildContext> = {},
  python = [`${minor}.0`],
  nearest = false,
) {
  const space = await readSpace(join(root, 'space'));
  const platform = { name: 'h200', torch: ['2.7.1', '2.8.0'], python };
  const said: string[] = [];
  const made = await ensureManaged(
    { plan: planForSpace(space, platform, nearest), blame: [] },
    {
      env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, HOME: root },
      cacheDir: join(root, 'cache'),
      yes: false,
      report: ({ message }) => said.push(message),
      ...changes,
    },
  );
  return { made, said, uv: readFileSync(join(root, 'uv.log'), 'utf8') };
}

describe('an environment made for a Space that leaves PyTorch open', () => {
  it('has the newest release of the platform that uv finds a CPU build of', async () => {
    installers('echo " + torch==2.8.0+cpu"', '');
    const { made, uv } = await ensure();
    expect(made).toMatchObject({ origin: 'managed', compromises: {} });
    expect(uv).toMatch(/--torch-backend cpu gradio\S* spaces torch==2\.8\.0\n$/);
  });

  it('has another where the index lacks them, says why, and is not planned again', async () => {
    installers(UNREACHABLE, '2.13.0+cpu, 2.13.0, 2.8.0, 2.7.1');
    const first = await ensure();
    const compromises = { torch: 'no CPU build of 2.8.0 is in the index' };
    expect(first.made.compromises).toEqual(compromises);
    expect(first.uv).toMatch(/pip -m pip install gradio\S* spaces torch==2\.13\.0\n$/);
    const second = await ensure();
    expect(second.made.compromises).toEqual(compromises);
    expect(second.said).toEqual([]);
    expect(second.uv).toBe(first.uv);
  });

  it('has a CUDA build only after somebody has agreed', async () => {
    installers(UNREACHABLE, '2.8.0, 2.7.1');
    await expect(ensure()).rejects.toMatchObject({ code: 'E_PYTHON_INSTALL' });
    const questions: string[] = [];
    const { uv } = await ensure({
      confirm: async (question) => questions.push(question) > 0,
    });
    expect(questions).toEqual([expect.stringMatching(/^PyTorch 2\.8\.0 has no CPU build here/)]);
    expect(uv.split('\n').at(-2)).toMatch(/spaces torch==2\.8\.0$/);
    expect(uv.split('\n').at(-2)).not.toContain('--torch-backend');
  });

  it('has it from pip where uv can’t reach its own index, and says so', async () => {
    installers(UNREACHABLE, '2.8.0, 2.7.1');
    const reachable = readFileSync(join(root, 'bin/uv'), 'utf8');
    const dry = `*--dry-run*) ${UNREACHABLE};;`;
    script('bin/uv', reachable.replace(/^#!.*\n/, '').replace(/\*--dry-run\*\).*/, dry));
    const { uv, said } = await ensure({ yes: true });
    expect(said).toContain("uv can't reach its package index: pip installs instead");
    expect(uv.split('\n').at(-2)).toMatch(/^pip -m pip install .*spaces torch==2\.8\.0$/);
  });

  it('is made from the Python at hand where the platform’s can’t be had, and says why', async () => {
    installers('echo " + torch==2.8.0+cpu"', '');
    const unasked = await ensure({}, ['3.99.1']);
    const why = 'no Python 3.99 was found';
    expect(unasked.made.compromises).toEqual({ python: why });
    expect(unasked.said.join('\n')).toContain('--yes downloads Python 3.99 with uv');
    expect(unasked.uv).not.toContain('python install');
    rmSync(join(root, 'cache'), { recursive: true });
    const asked = await ensure({ yes: true }, ['3.99.1']);
    expect(asked.uv).toContain('python install 3.99');
    expect(asked.said).toContain('uv could not download Python 3.99');
  });
});

describe('an environment made for a Space that pins a PyTorch', () => {
  const pin = (release: string) =>
    writeFileSync(join(root, 'space/requirements.txt'), `torch==${release}\nnumpy\n`);

  it('says what would run here when the pinned one is gigabytes', async () => {
    pin('2.8.0');
    installers(UNREACHABLE, '2.13.0+cpu, 2.13.0, 2.8.0, 2.7.1');
    script(
      'bin/uv',
      `case "$*" in venv*) for dir; do :; done; mkdir -p "$dir/bin"; ln -s ${real} "$dir/bin/python";; *--dry-run*) echo ' + torch==2.8.0'; echo ' + nvidia-cublas-cu12==12.8';; *) exit 2;; esac`,
    );
    await expect(ensure()).rejects.toMatchObject({
      code: 'E_PYTHON_INSTALL',
      fix: expect.arrayContaining([expect.stringContaining('zerogpu run --torch nearest')]),
    });
  });

  it('has the nearest that runs here with --torch nearest, without the Space’s line, and says why', async () => {
    pin('2.8.0');
    installers(UNREACHABLE, '2.13.0+cpu, 2.13.0, 2.8.0, 2.7.1');
    const { made, uv } = await ensure({}, [`${minor}.0`], true);
    expect(made.compromises).toEqual({ torch: 'no CPU build of 2.8.0 is in the index' });
    const last = uv.split('\n').at(-2) ?? '';
    expect(last).toMatch(/torch==2\.13\.0 -r \S+\/without-torch-requirements\.txt$/);
    const file = /-r (\S+)/.exec(last)?.[1] ?? '';
    expect(readFileSync(file, 'utf8').trim()).toBe('numpy');
  });
});
