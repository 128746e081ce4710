import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  descendantsOf,
  identifyProcess,
  isDescendantOf,
  isProcessAlive,
  killProcessTree,
} from '../../src/shared/process-table.js';

const started: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A shell with two sleeping children, the second in a session of its own. */
async function family() {
  const script = 'sleep 60 & setsid sleep 60 & echo up; wait';
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(child);
  await once(child.stdout, 'data');
  const process = identifyProcess(child.pid ?? 0);
  if (!process) throw new Error('the shell has gone');
  return { child, process };
}

describe('process table', () => {
  it('tells a process from a later one with the same pid', () => {
    const self = identifyProcess(process.pid);
    expect(self?.pid).toBe(process.pid);
    expect(self && isProcessAlive(self)).toBe(true);
    expect(self && isProcessAlive({ ...self, startTime: self.startTime + 1 })).toBe(false);
    expect(identifyProcess(2 ** 22 + 1)).toBeNull();
  });

  it('knows who descends from whom', async () => {
    const { process: shell } = await family();
    const self = identifyProcess(process.pid);
    expect(self && isDescendantOf(shell.pid, self)).toBe(true);
    expect(isDescendantOf(process.pid, shell)).toBe(false);
    expect(isDescendantOf(shell.pid, { ...shell, startTime: 1 })).toBe(false);
  });

  it('kills a process with all its descendants', async () => {
    const { child, process: shell } = await family();
    const below = descendantsOf(shell.pid).map(({ pid, startTime }) => ({ pid, startTime }));
    expect(below).toHaveLength(2);
    const ended = once(child, 'exit');
    expect(killProcessTree(shell)).toBe(true);
    await ended;
    await expect.poll(() => below.filter(isProcessAlive)).toEqual([]);
    expect(killProcessTree(shell)).toBe(false);
  });

  it('never kills a process whose start time differs', async () => {
    const { child, process: shell } = await family();
    expect(killProcessTree({ ...shell, startTime: shell.startTime + 1 })).toBe(false);
    expect(child.exitCode).toBeNull();
    expect(isProcessAlive(shell)).toBe(true);
  });
});
