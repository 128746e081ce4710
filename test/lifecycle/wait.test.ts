/** `zerogpu wait` ends at Ctrl-C, not at its time limit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { wait } from '../../src/lifecycle/wait.js';

it('ends when it is interrupted', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'zerogpu-wait-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const interrupt = new AbortController();
  const reason = new Error('SIGINT');
  const world = {
    ...{ env: {}, cwd, stdout: new PassThrough(), stderr: new PassThrough() },
    interrupted: interrupt.signal,
  };
  const waiting = wait('.', { timeout: '1h', stateDir: cwd }, world);
  interrupt.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});
