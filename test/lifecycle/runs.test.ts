import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseRun, noRun, runsNamed } from '../../src/lifecycle/choose-run.js';
import { findRuns, type LiveRun, publishRun } from '../../src/lifecycle/live-runs.js';
import { statusLines, statusObject } from '../../src/lifecycle/status.js';
import { temporaryFolder } from '../support/supervise.js';

const run = (changes: Partial<LiveRun> = {}): LiveRun => ({
  ...{ version: 1, pid: 12, startTime: 3, dir: '/spaces/hello', spaceId: 'me/hello' },
  ...{ space: '/zerogpu/a', state: 'ready', url: 'http://127.0.0.1:7860' },
  ...{ allocatorUrl: 'http://127.0.0.1:4000', visitor: 'free', log: null },
  startedAt: '2026-01-01T00:00:00.000Z',
  ...changes,
});

describe('a published run', () => {
  it('is found with what it said last, by this user alone, and not after its end', () => {
    const state = temporaryFolder();
    const published = publishRun(state, { dir: '/spaces/hello', visitor: 'free', log: null });
    expect(findRuns(state)).toMatchObject([{ pid: process.pid, state: 'starting', url: null }]);
    published.update({ state: 'ready', url: 'http://127.0.0.1:7860' });
    expect(findRuns(state)).toMatchObject([{ state: 'ready', url: 'http://127.0.0.1:7860' }]);
    const file = join(state, 'live', `run-${process.pid}.json`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(state, 'live')).mode & 0o777).toBe(0o700);
    published.remove();
    published.update({ state: 'failed' });
    expect(findRuns(state)).toEqual([]);
  });

  it('whose process is gone is not listed, and its file is removed; a file of another kind stays a day', () => {
    const state = temporaryFolder();
    mkdirSync(join(state, 'live'));
    const stale = { ...run({ pid: process.pid, startTime: 1 }) };
    writeFileSync(join(state, 'live/run-1.json'), JSON.stringify(stale));
    writeFileSync(join(state, 'live/run-2.json'), '{"version":2}');
    const { mtimeMs } = statSync(join(state, 'live/run-2.json'));
    expect(findRuns(state, mtimeMs)).toEqual([]);
    expect(readdirSync(join(state, 'live'))).toEqual(['run-2.json']);
    findRuns(state, mtimeMs + 86_400_001);
    expect(readdirSync(join(state, 'live'))).toEqual([]);
  });

  it('ends nothing when the state folder cannot be written', () => {
    const state = join(temporaryFolder(), 'file');
    writeFileSync(state, '');
    const published = publishRun(state, { dir: '/a', visitor: 'free', log: null });
    published.update({ state: 'ready' });
    published.remove();
    expect(findRuns(state)).toEqual([]);
  });
});

describe('which run is meant', () => {
  const hello = run();
  const other = run({
    pid: 13,
    dir: '/spaces/me/hello',
    spaceId: 'ada/x',
    url: 'http://127.0.0.1:7861',
  });
  const runs = [hello, other];

  it.each([
    ['.', '/spaces/hello', [hello]],
    ['hello', '/spaces', [hello]],
    ['me/hello', '/elsewhere', [hello]],
    ['hf:me/hello', '/elsewhere', [hello]],
    ['me/hello', '/spaces', [other]],
    ['http://127.0.0.1:7861', '/', [other]],
    ['http://localhost:7861/?as=pro', '/', [other]],
    ['http://127.0.0.1:1', '/', []],
    ['http://[', '/', []],
    ['nothing', '/spaces', []],
  ])('%s in %s', (said, cwd, meant) => {
    expect(runsNamed(runs, said, cwd)).toEqual(meant);
  });

  it('of two in one folder neither: their addresses are the way out', () => {
    const twin = run({ pid: 14, url: 'http://127.0.0.1:7862' });
    expect(() => chooseRun([hello, twin], '.', '/spaces/hello', 'zerogpu stop')).toThrow(
      expect.objectContaining({
        code: 'E_RUN_SEVERAL',
        fix: ['zerogpu stop http://127.0.0.1:7860', 'zerogpu stop http://127.0.0.1:7862'],
      }),
    );
  });

  it('of none, those that run are named', () => {
    expect(noRun([], '.', 'zerogpu stop')).toMatchObject({
      exitCode: 3,
      fix: ['zerogpu run --detach'],
    });
    expect(noRun([hello], 'x', 'zerogpu stop')).toMatchObject({
      ...{ why: expect.stringContaining('/spaces/hello'), fix: ['zerogpu stop /spaces/hello'] },
    });
  });
});

describe('status', () => {
  const nowMs = Date.parse('2026-01-01T00:03:10.500Z');

  it('is a table on a terminal and tab-separated elsewhere', () => {
    expect(statusLines([run()], null, nowMs, true)).toEqual([
      'Space     state  address                pid  up     folder',
      'me/hello  ready  http://127.0.0.1:7860  12   3m10s  /spaces/hello',
    ]);
    expect(
      statusLines([run({ url: null, spaceId: null, dir: '/a\u001b[2J' })], null, nowMs, false)[1],
    ).toBe('-\tready\t-\t12\t2026-01-01T00:00:00.000Z\t/a\\u001b[2J');
  });

  it('--json has numbers with their unit', () => {
    expect(statusObject([run()], null, nowMs)).toMatchObject({
      ...{ version: 1, serve: null },
      runs: [{ dir: '/spaces/hello', upSeconds: 190, url: 'http://127.0.0.1:7860' }],
    });
    expect(statusObject([run()], null, 0)).toMatchObject({ runs: [{ upSeconds: 0 }] });
  });
});
