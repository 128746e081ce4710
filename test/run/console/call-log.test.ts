import { describe, expect, it } from 'vitest';
import { createCallLog, type NamedRecord } from '../../../src/run/console/call-log.js';
import { recordOf } from '../../support/run/records.js';

/** A log whose names come when the test says so. */
function slowLog() {
  const told: string[] = [];
  const names = new Map<string, (name: string) => void>();
  const labelOf = (taskId: string) =>
    new Promise<string>((resolve) => {
      names.set(taskId, resolve);
    });
  const onRecord = ({ event, function: name }: NamedRecord) => void told.push(`${name} ${event}`);
  return { told, names, log: createCallLog(labelOf, onRecord) };
}

describe('the log of calls', () => {
  it('passes records on in their order, although names come in another', async () => {
    const { told, names, log } = slowLog();
    log.add(recordOf('granted', { taskId: '1' }));
    log.add(recordOf('granted', { taskId: '2' }));
    names.get('2')?.('second');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(told).toEqual([]);
    names.get('1')?.('first');
    await log.flush();
    expect(told).toEqual(['first granted', 'second granted']);
  });

  it('sums up what each function asked for and used', async () => {
    const log = createCallLog(
      async (taskId) => (taskId === '1' ? 'draw' : 'write'),
      () => {},
    );
    const ended = (taskId: string, usedSeconds: number, end = 'released') => {
      const peakVramBytes = taskId === '1' ? usedSeconds * 1_000 : null;
      log.add(recordOf('ended', { taskId, usedSeconds, end, peakVramBytes }));
    };
    for (const event of ['granted', 'queued', 'allowed', 'killing', 'timed-out'] as const) {
      log.add(recordOf(event, { taskId: '1' }));
    }
    ended('1', 7);
    ended('2', 1);
    ended('1', 60, 'deadline');
    ended('1', 2, 'failed');
    log.add(recordOf('refused', { taskId: '2' }));
    await log.flush();
    expect(log.uses()).toEqual([
      {
        name: 'draw',
        startup: false,
        askedSeconds: [60, 60, 60],
        usedSeconds: [7, 60, 2],
        killed: 1,
        refused: 0,
        peakVramBytes: 60_000,
      },
      {
        name: 'write',
        startup: false,
        askedSeconds: [60],
        usedSeconds: [1],
        killed: 0,
        refused: 1,
        peakVramBytes: null,
      },
    ]);
  });

  it('keeps calls at start-up apart from those of visitors', async () => {
    const log = createCallLog(
      async () => 'build',
      () => {},
    );
    const startup = { key: 'start-up', tier: 'anonymous', hasToken: false } as const;
    log.add(recordOf('ended', { visitor: startup }));
    log.add(recordOf('ended'));
    await log.flush();
    expect(log.uses().map((use) => [use.name, use.startup, use.usedSeconds.length])).toEqual([
      ['build', true, 1],
      ['build', false, 1],
    ]);
  });

  it('is flushed when nothing was called', async () => {
    const { log } = slowLog();
    await log.flush();
    expect(log.uses()).toEqual([]);
  });
});
