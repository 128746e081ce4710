/** `zerogpu python`: any Python program, with the emulated device as its cuda. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runToEnd, testPython } from '../support/e2e/space.js';

const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-test-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const python = (...args: string[]) => runToEnd(['python', '--python', testPython(), ...args]);

describe('zerogpu python', () => {
  it('gives a program its arguments, its streams and a cuda device', async () => {
    const script = join(scratch, 'train.py');
    writeFileSync(
      script,
      'import sys, torch\nprint(torch.ones(2, device="cuda").device, *sys.argv[1:])\n' +
        'print("talk", file=sys.stderr)\n',
    );
    const ended = await python(script, '--epochs', '1', '--', '--vram', 'x');
    expect(ended).toMatchObject({ code: 0, stdout: 'cuda:0 --epochs 1 -- --vram x\n' });
    expect(ended.stderr).toBe('talk\n');
  });

  it('ends with the program’s own code', async () => {
    expect(await python('-c', 'raise SystemExit(7)')).toMatchObject({ code: 7 });
    const failed = await python('-c', 'import torch; torch.ones(1, device="cuda").numpy()');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("can't convert cuda:0 device type tensor to numpy");
    const killed = await python('-c', 'import os; os.kill(os.getpid(), 9)');
    expect(killed.code).toBe(137);
  });

  it('has as much memory as --vram says', async () => {
    const code = 'import torch; torch.empty(3 * 10**9, dtype=torch.uint8, device="cuda")';
    const ended = await python('--vram', '2GB', '--', '-c', code);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('CUDA out of memory. Tried to allocate 2.79 GiB');
  });

  it('reports peak memory and operators when asked, of the program alone', async () => {
    const code =
      'import subprocess, sys, torch\n' +
      'x = torch.ones(1000, 1000, device="cuda")\n' +
      'x = x @ x\n' +
      'subprocess.run([sys.executable, "-c", "import torch; torch.ones(1, device=\'cuda\')"])';
    const { stderr } = await python('--report', '-c', code);
    expect(stderr).toMatch(
      /^GPU memory {3}peak 41\.6 MB of 74\.6 GB, reserved 54\.5 MB, \d+ allocations\nGPU time/,
    );
    expect(stderr).toMatch(/aten::matmul +1 calls/);
    expect(stderr.match(/GPU memory/g)).toHaveLength(1);
  });

  it('passes SIGTERM on', async () => {
    const program = 'import time; print("up", flush=True); time.sleep(60)';
    const child = spawn(
      process.execPath,
      [
        resolve(import.meta.dirname, '../../bin/zerogpu.js'),
        ...['python', '--python', testPython(), '-c', program],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise((up) => child.stdout.once('data', up));
    child.kill('SIGTERM');
    expect(await new Promise((done) => child.on('exit', done))).toBe(143);
  });

  it('is not loaded, not one line of it, where it was not asked for', () => {
    const built = (part: string) => resolve(import.meta.dirname, '../../dist/python', part);
    const code =
      'import sys, torch; print([name for name in sys.modules if "emulated" in name],' +
      ' torch.cuda.is_available())';
    const { stdout } = spawnSync(testPython(), ['-c', code], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], PYTHONPATH: `${built('runtime')}:${built('emulated')}` },
    });
    expect(stdout).toBe('[] False\n');
  });

  it('says what is missing', async () => {
    const env = { HOME: scratch, PATH: '/nowhere' };
    const ended = await runToEnd(['python', '-c', '1'], env);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain('E_PYTHON_ENV');
    expect(ended.stderr).toMatch(/fix {4}zerogpu python --python PATH/);
  });
});
