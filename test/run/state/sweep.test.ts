import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { markedProcesses, sweepProcesses } from '../../../src/run/state/sweep.js';
import { identifyProcess } from '../../../src/shared/process-table.js';
import { temporaryFolder } from '../../support/supervise.js';

const newRun = () => randomBytes(8).toString('hex');

function start(runId: string, script: string): ChildProcess {
  const env = { PATH: process.env['PATH'], ZEROGPU_RUN_ID: runId };
  const child = spawn('sh', ['-c', script], { env, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe('sweeping', () => {
  it('takes what is left of a run, whoever its parent is, and tells of it', async () => {
    const runId = newRun();
    const file = join(temporaryFolder(), 'pid');
    const script = `setsid sh -c "trap '' TERM; echo \\$\\$ > ${file}; sleep 600; :" & exit`;
    start(runId, script);
    const orphan = () => Number(readFileSync(file, { encoding: 'utf8', flag: 'a+' }));
    await expect.poll(orphan).toBeGreaterThan(0);
    await expect.poll(() => markedProcesses(runId).length).toBe(2);
    const killed = await sweepProcesses(runId);
    expect(killed.map(({ pid }) => pid)).toContain(orphan());
    expect(markedProcesses(runId)).toEqual([]);
    expect(identifyProcess(orphan())).toBeNull();
  });

  it('leaves other runs alone, also those whose name begins alike', async () => {
    const runId = newRun();
    const other = start(`${runId}0`, 'exec sleep 600');
    const third = start(newRun(), 'exec sleep 600');
    await expect.poll(() => markedProcesses(`${runId}0`)).toHaveLength(1);
    expect(await sweepProcesses(runId)).toEqual([]);
    for (const { pid } of [other, third]) expect(identifyProcess(pid ?? 0)).not.toBeNull();
  });

  it('looks for its mark alone, not for text like it', async () => {
    const runId = newRun();
    const env = {
      PATH: process.env['PATH'],
      NOT_ZEROGPU_RUN_ID: runId,
      X: `ZEROGPU_RUN_ID=${runId}`,
    };
    const child = spawn('sleep', ['600'], { env, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await expect.poll(() => identifyProcess(child.pid ?? 0)).not.toBeNull();
    expect(markedProcesses(runId)).toEqual([]);
  });

  it('never takes a run without a name for every run', async () => {
    await expect(sweepProcesses('')).rejects.toThrow(RangeError);
  });
});
