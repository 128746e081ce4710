/** `zerogpu doctor` as a process, on this machine and on worse ones. */
import { chmodSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zerogpu } from '../support/cli.js';
import { temporaryFolder } from '../support/supervise.js';

/** A folder for PATH with these programs in it, each a line of shell. */
function programs(lines: Readonly<Record<string, string>>): string {
  const dir = temporaryFolder();
  symlinkSync('/bin/sh', join(dir, 'sh'));
  for (const [name, line] of Object.entries(lines)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(dir, name), 0o755);
  }
  return dir;
}

async function diagnose(PATH: string, state: string = temporaryFolder()) {
  const env = { PATH, VIRTUAL_ENV: '', CONDA_PREFIX: '', ZEROGPU_STATE_DIR: state };
  const ended = await zerogpu(['doctor', '--json'], { env });
  const { checks } = JSON.parse(ended.stdout);
  const byId = new Map<string, { status: string; text: string; fix: string | null }>(
    checks.map((check: { id: string }) => [check.id, check]),
  );
  return { ...ended, byId };
}

describe('zerogpu doctor', () => {
  it('speaks to people', async () => {
    const state = temporaryFolder();
    const ended = await zerogpu(['doctor', '--state-dir', state]);
    expect(ended.stderr).toBe('');
    expect(ended.stdout).toMatch(/^zerogpu \d+\.\d+\.\d+\n✓ Node \d+/);
    expect(ended.stdout).toMatch(/\nready for: zerogpu check/);
    expect(ended.stdout).not.toContain(`${homedir()}/`);
  });

  it('tells a machine without Python, with exit code 3', async () => {
    const { code, byId } = await diagnose(programs({}));
    expect(code).toBe(3);
    expect(byId.get('python')).toMatchObject({ status: 'fail', fix: expect.any(String) });
    expect(byId.get('compiler')?.status).toBe('info');
  });

  it('asks the driver, and tells when it does not answer', async () => {
    const line = 'echo "NVIDIA L4, 550.54.15, 23034 MiB"';
    const good = await diagnose(programs({ 'nvidia-smi': line }));
    expect(good.byId.get('gpu')?.text).toBe('NVIDIA L4 (23034 MiB), driver 550.54.15');
    const bad = await diagnose(programs({ 'nvidia-smi': 'echo "version mismatch"; exit 18' }));
    expect(bad.byId.get('gpu')).toMatchObject({
      status: 'warn',
      text: expect.stringContaining('mismatch'),
    });
  });

  it('writes nothing: a state folder that is missing is missing afterwards', async () => {
    const state = join(temporaryFolder(), 'not/there');
    const { byId } = await diagnose(programs({}), state);
    expect(byId.get('state')?.status).toBe('ok');
    expect(existsSync(dirname(state))).toBe(false);
  });

  it('tells a state folder that is a file', async () => {
    const file = join(temporaryFolder(), 'state');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below'), join(dirname(file), 'x'.repeat(300))]) {
      const { code, byId } = await diagnose(programs({}), path);
      expect(code).toBe(3);
      expect(byId.get('state')).toMatchObject({
        status: 'fail',
        fix: expect.stringContaining('--state-dir'),
      });
    }
  });
});
