import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findAllocators, findServe, publishLocator } from '../../../src/allocator/client/index.js';
import { fileClockMs, temporaryFolder } from '../../support/supervise.js';

const URL = 'http://127.0.0.1:4000';
const DAY_MS = 86_400_000;

describe('allocators of a state folder', () => {
  it('are those whose process runs; files of ended processes are removed', () => {
    const state = temporaryFolder();
    publishLocator(state, { kind: 'serve', url: URL, space: null });
    const folder = join(state, 'allocators');
    const [name = ''] = readdirSync(folder);
    const dead = {
      ...{ version: 1, kind: 'run', pid: process.pid, startTime: 1, url: URL },
      ...{ startedAt: '2026-01-01T00:00:00Z', space: 'demo' },
    };
    writeFileSync(join(folder, 'dead.json'), JSON.stringify(dead));
    expect(findAllocators(state).map(({ kind }) => kind)).toEqual(['serve']);
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('that of `serve` is not removed when its process is gone: the next one may have written it', () => {
    const state = temporaryFolder();
    publishLocator(state, { kind: 'serve', url: URL, space: null });
    const path = join(state, 'allocators', 'serve.json');
    expect(findServe(state)).toMatchObject({ kind: 'serve', url: URL });
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"startTime":\d+/, '"startTime":1'));
    expect(findServe(state)).toBeNull();
    expect(findAllocators(state, fileClockMs())).toEqual([]);
    expect(readdirSync(join(state, 'allocators'))).toEqual(['serve.json']);
  });

  it.runIf(process.getuid?.() === 0)('that another user has put there count for nothing', () => {
    const state = temporaryFolder();
    publishLocator(state, { kind: 'serve', url: URL, space: null });
    const path = join(state, 'allocators', 'serve.json');
    chownSync(path, 65_534, 65_534);
    expect(findServe(state)).toBeNull();
    expect(findAllocators(state, fileClockMs())).toEqual([]);
  });

  it.each(['', '{"version":1,"ki', '{"version":2,"pid":1}', '\0\0\0'])(
    'are not seen in a file that says %j, which is left alone for a day',
    (text) => {
      const state = temporaryFolder();
      const folder = join(state, 'allocators');
      mkdirSync(folder);
      const path = join(folder, 'newer.json');
      writeFileSync(path, text);
      const now = fileClockMs();
      expect(findAllocators(state, now)).toEqual([]);
      expect(readdirSync(folder)).toEqual(['newer.json']);
      expect(findAllocators(state, now + DAY_MS + 60_000)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it.each([{ host: 'elsewhere' }, { pidNamespace: 'pid:[1]' }])(
    'of another machine or container (%j) are neither used nor removed: its pids mean nothing here',
    (place) => {
      const state = temporaryFolder();
      publishLocator(state, { kind: 'serve', url: URL, space: null });
      const path = join(state, 'allocators', 'serve.json');
      const own = JSON.parse(readFileSync(path, 'utf8'));
      expect(own).toMatchObject({ host: hostname() });
      for (const pid of [process.pid, 2 ** 22 - 1]) {
        writeFileSync(path, JSON.stringify({ ...own, pid, ...place }));
        expect(findAllocators(state, fileClockMs())).toEqual([]);
        expect(readdirSync(join(state, 'allocators'))).toEqual(['serve.json']);
      }
    },
  );
});
