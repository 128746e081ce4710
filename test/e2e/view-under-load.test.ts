/** `zerogpu quota` in real terminals while a real Space is called by more visitors than it has slices. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/allocator/client/index.js';
import { fixture, runToEnd, startRun } from '../support/e2e/space.js';
import { startVisitors } from '../support/e2e/visitors.js';
import { noTerminal, openTerminal, type Terminal } from '../support/tui/terminal.js';

const SIZES = [
  [80, 24],
  [200, 50],
  [40, 20],
] as const;
const VISITORS = ['pro:lin', 'pro:sam', 'free:ada', 'free:bob', 'free:cem'];

const minutes = (seconds: number) =>
  `${Math.floor(seconds / 60)}m${String(Math.floor(seconds % 60)).padStart(2, '0')}s`;

describe.skipIf(noTerminal !== null)(`the view${noTerminal ? ` (${noTerminal})` : ''}`, () => {
  const state = mkdtempSync(join(tmpdir(), 'zerogpu-load-'));
  const visitors = startVisitors();
  const terminals: Terminal[] = [];
  afterAll(() => {
    for (const terminal of terminals) terminal.close();
    visitors.close();
    rmSync(state, { recursive: true, force: true });
  });

  it('shows what the allocator says, at every size, and leaves a clean terminal', async () => {
    const run = await startRun(fixture('everything'), ['--state-dir', state]);
    try {
      // Each holds the one slice for some seconds: the others wait.
      const calls = VISITORS.map((token) =>
        visitors.call(run.url, '/hold', [30, 3], { token, stream: false }),
      );
      await run.waitFor(({ event }) => event === 'queued');
      for (const [columns, rows] of SIZES) {
        const terminal = openTerminal({ columns, rows, env: { ZEROGPU_REDUCED_MOTION: '1' } });
        terminals.push(terminal);
        terminal.keys(`node bin/zerogpu.js quota --state-dir ${state}`, 'Enter');
      }
      for (const terminal of terminals) await terminal.until(/#\d+[\s\S]*Queue [1-4]/);
      const { stdout } = await runToEnd(['quota', '--json', '--state-dir', state]);
      const seen = JSON.parse(stdout) as Snapshot;
      expect(seen.queue.total).toBeGreaterThan(0);

      expect(await Promise.all(calls)).toEqual(
        VISITORS.map(() => expect.objectContaining({ ok: true })),
      );
      const after = JSON.parse(
        (await runToEnd(['quota', '--json', '--state-dir', state])).stdout,
      ) as Snapshot;
      for (const [at, terminal] of terminals.entries()) {
        const screen = await terminal.until(/idle \d+s[\s\S]*Queue 0/);
        // A small screen has rows for some of them, and says of each what the allocator says.
        const shown = after.visitors.entries.filter(({ visitor }) => screen.includes(visitor));
        expect(shown.length).toBeGreaterThanOrEqual(at === 2 ? 1 : VISITORS.length);
        for (const { visitor, leftSeconds } of shown) {
          const row = screen.split('\n').find((line) => line.includes(visitor));
          expect(row).toContain(minutes(leftSeconds));
        }
      }
      for (const [at, terminal] of terminals.entries()) {
        terminal.keys(at === 1 ? 'C-c' : 'q');
        await expect.poll(() => terminal.flags()).toEqual({ alternate: false, cursor: true });
        await expect.poll(() => terminal.cooked()).toBe(true);
      }
    } finally {
      await run.stop();
    }
  });
});
