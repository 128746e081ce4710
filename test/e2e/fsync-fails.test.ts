/** A disk that does not take what was written to it: injected under the daemon by strace. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { identifyProcess } from '../../src/shared/process-table.js';
import { startDaemon } from '../support/allocator/daemon.js';

const state = mkdtempSync(join(tmpdir(), 'zerogpu-fsync-'));
const INJECT = ['-e', 'trace=fdatasync,fsync', '-e', 'inject=fdatasync,fsync:error=EIO:when=30+'];
const STRACE = ['strace', '-f', '-qq', '-o', '/dev/null', ...INJECT];
const canTrace = spawnSync('strace', [...STRACE.slice(1), 'true']).status === 0;

afterAll(() => rmSync(state, { recursive: true, force: true }));

describe('a failed fsync', () => {
  it.skipIf(!canTrace)(
    'ends the daemon with one clear error, is never retried, and the next start works',
    async () => {
      const daemon = await startDaemon(state, [], STRACE);
      const spaces = Array.from({ length: 10 }, (_, i) => `/zerogpu/s${i}`);
      const register = async (id: string) =>
        daemon.client.register({
          id,
          name: 'fsync',
          owner: { name: 'ada', kind: 'organization' },
          tasksSocket: '/nowhere',
          root: identifyProcess(process.pid),
        });
      let told = 0;
      for (let round = 0; round < 100; round += 1) {
        const answer = await register(spaces[round % 10] ?? '').catch(() => null);
        if (answer === null) break;
        told += 1;
      }
      expect((await daemon.ended).code).toBe(3);
      expect(daemon.stderr()).toContain('E_LEDGER_WRITE');
      expect(daemon.stderr()).not.toContain('    at ');
      daemon.client.close();
      expect(told).toBeGreaterThan(0);

      const again = await startDaemon(state);
      // An acknowledged registration of a Space holds.
      const { spaces: found } = await again.client.snapshot();
      expect(found.length).toBeGreaterThanOrEqual(Math.min(10, told));
      again.client.close();
      again.child.kill('SIGTERM');
      expect((await again.ended).code).toBe(0);
    },
    60_000,
  );
});
