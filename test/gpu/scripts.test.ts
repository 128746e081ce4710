/** The scripts for a real card, where there is none that they can use. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findOnPath } from '../../src/shared/find-program.js';
import { type FakeCard, fakeSmi } from '../support/gpu/fake-smi.js';

const root = resolve(import.meta.dirname, '../..');
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

function run(script: string, env: Readonly<Record<string, string | undefined>>, python?: string) {
  const args = python === undefined ? [] : [python];
  const { status, stdout, stderr } = spawnSync(join(root, script), args, { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function driver(card: FakeCard) {
  const smi = fakeSmi(card);
  cleanups.push(smi.remove);
  return smi.env;
}

/** What the scripts call, and no nvidia-smi. */
function noDriver() {
  const bin = mkdtempSync(join(tmpdir(), 'no-driver-'));
  cleanups.push(() => rmSync(bin, { recursive: true }));
  for (const name of ['bash', 'dirname', 'timeout', 'grep']) {
    symlinkSync(findOnPath(name, process.env) ?? '', join(bin, name));
  }
  return { PATH: bin };
}

describe.each(['test/gpu/run', 'test/gpu/estimate'])('%s', (script) => {
  const refused = (reason: string) => ({
    status: 3,
    stdout: '',
    stderr: expect.stringContaining(`${script}: ${reason}`),
  });

  it('ends with 3 where there is no driver', () => {
    expect(run(script, noDriver(), 'python')).toEqual(refused('there is no nvidia-smi on PATH'));
  });

  it('ends with 3 where the driver lists no card', () => {
    expect(run(script, driver('error'), 'python')).toEqual(refused('nvidia-smi lists no GPU'));
  });

  it('ends with 3 without a Python, or with one that lacks what it needs', () => {
    const env = driver('h200-mig');
    expect(run(script, env)).toEqual(refused(`no Python was named: ${script} PYTHON`));
    expect(run(script, env, 'false')).toEqual(refused('false lacks one of'));
  });
});
