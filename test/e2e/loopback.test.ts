/** Whatever a Space asks for, only the gateway decides who sees it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type StartedRun, startRun } from '../support/e2e/space.js';
import { startVisitors, type Visitors } from '../support/e2e/visitors.js';

/** Local addresses that the processes below `pid` listen on, as the kernel writes them. */
function listeningAddresses(pid: number): readonly string[] {
  const sockets = new Set(descendants(pid).flatMap(socketsOf));
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && sockets.has(fields[9] ?? ''))
      .map((fields) => (fields[1] ?? '').split(':')[0] ?? ''),
  );
}

function descendants(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, 'utf8');
        return [[Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1])] as const];
      } catch {
        return [];
      }
    });
  const found = [pid];
  for (const next of found) {
    found.push(...parents.filter(([, parent]) => parent === next).map(([child]) => child));
  }
  return found;
}

function socketsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
    });
  } catch {
    return [];
  }
}

describe('a Space that listens on 0.0.0.0', () => {
  let run: StartedRun;
  let visitors: Visitors;
  beforeAll(async () => {
    run = await startRun(fixture('listens-everywhere'));
    visitors = startVisitors();
  });
  afterAll(async () => {
    visitors.close();
    await run.stop();
  });

  it('is kept on loopback, its side doors included', async () => {
    const { value } = await visitors.call(run.url, '/hosts', [], { token: 'pro' });
    expect(value).toEqual(['127.0.0.1']);
    const addresses = listeningAddresses(run.pid);
    // Gateway, device API, the app, and its side server at least.
    expect(addresses.length).toBeGreaterThanOrEqual(4);
    const LOOPBACK = /^(0100007F|0{24}01000000|0{16}FFFF00000100007F)$/;
    expect(addresses.filter((address) => !LOOPBACK.test(address))).toEqual([]);
  });
});

describe('a Space that names port 7860', () => {
  it.each([
    ['launches on it', {}],
    ['serves itself there', { SERVER: 'uvicorn' }],
  ])('%s, and answers through the gateway on another', async (_what, extra) => {
    const env = { ...process.env, ...extra };
    const run = await startRun(fixture('names-its-port'), [], undefined, env);
    const visitors = startVisitors();
    try {
      expect(new URL(run.url).port).not.toBe('7860');
      const answer = await visitors.call(run.url, '/shout', ['hello'], { token: 'pro' });
      expect(answer).toMatchObject({ ok: true, value: 'HELLO' });
      expect(run.events.filter(({ event }) => event === 'warning')).toEqual([]);
    } finally {
      visitors.close();
      await run.stop();
    }
  });
});
