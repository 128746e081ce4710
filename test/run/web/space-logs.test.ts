import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishRun } from '../../../src/lifecycle/live-runs.js';
import { followSpaceLogs } from '../../../src/run/web/space-logs.js';
import type { Timer } from '../../../src/shared/clock.js';
import { temporaryFolder } from '../../support/supervise.js';

describe('the logs of joined Spaces', () => {
  it('are read while a page is open, each line once, with its Space', () => {
    const stateDir = temporaryFolder();
    const log = join(stateDir, 'run.log');
    writeFileSync(log, '12:00:00 app  early\n');
    const run = publishRun(stateDir, { dir: '/spaces/chat', visitor: 'free', log });
    const timers: (() => void)[] = [];
    const lines: string[] = [];
    const serve = 'http://127.0.0.1:4000';
    const logs = followSpaceLogs({
      stateDir,
      clock: {
        now: () => ({ wallMs: 0, monotonicMs: 0 }),
        after(_ms, look): Timer {
          timers.push(look);
          return { cancel: () => void timers.splice(timers.indexOf(look), 1) };
        },
      },
      allocatorUrl: () => serve,
      line: (text, from) => lines.push(`${from}: ${text}`),
    });
    const tick = () => timers.shift()?.();
    try {
      expect(timers).toHaveLength(0);
      // A run that has not joined is not of this console.
      logs.watched(true);
      run.update({ allocatorUrl: serve, spaceId: 'me/chat' });
      tick();
      appendFileSync(log, '12:00:01 app  late\n12:00:02 #1   →   greet\n');
      tick();
      tick();
      expect(lines).toEqual(['chat: app  early', 'chat: app  late']);
      logs.watched(false);
      expect(timers).toHaveLength(0);
      appendFileSync(log, '12:00:03 app  unseen\n');
      logs.watched(true);
      expect(lines.at(-1)).toBe('chat: app  unseen');
    } finally {
      logs.close();
      run.remove();
    }
  });
});
