import { describe, expect, it } from 'vitest';
import type { AppExit, AppProcess } from '../../../src/run/app/app-process.js';
import { restartableApp } from '../../../src/run/app/restartable-app.js';

/** An app that ends when it is stopped. */
function appOf() {
  let end: (exit: AppExit) => void = () => {};
  const exited = new Promise<AppExit>((resolve) => {
    end = resolve;
  });
  const stopped = { code: null, signal: 'SIGTERM' };
  const app: AppProcess = {
    root: null,
    exited,
    lastLines: () => [],
    kill: () => end({ code: null, signal: 'SIGKILL' }),
    stop: async () => end(stopped),
  };
  return { ...app, end };
}

type Fake = ReturnType<typeof appOf>;

async function setUp() {
  const did: string[] = [];
  const apps: Fake[] = [];
  const ends: AppExit[] = [];
  const waits = {
    prepare: async (_given: AbortSignal): Promise<void> => {},
    ready: async (_app: Fake): Promise<void> => {},
  };
  const app = restartableApp({
    async prepare(isFirst, given) {
      did.push(isFirst ? 'prepare first' : 'prepare');
      await waits.prepare(given);
    },
    start() {
      did.push('start');
      const next = appOf();
      apps.push(next);
      return next;
    },
    untilReady: (one) => waits.ready(one as Fake),
    onEnded: (exit) => ends.push(exit),
  });
  expect(await app.start()).toBe(true);
  did.length = 0;
  return { app, apps, did, ends, waits };
}

const turn = () => new Promise((done) => setImmediate(done));
const crash = { code: 1, signal: null };

describe('an app that can be restarted', () => {
  it('has ended when it ends by itself', async () => {
    const { app, apps, ends } = await setUp();
    expect(app.serves).toBe(true);
    apps[0]?.end(crash);
    await turn();
    expect(ends).toEqual([crash]);
    expect(app.serves).toBe(false);
  });

  it('continues in the next one, and ends with that', async () => {
    const { app, apps, did, ends } = await setUp();
    await app.start();
    expect(did).toEqual(['prepare', 'start']);
    expect(app.current).toBe(apps[1]);
    await turn();
    expect(ends).toEqual([]);
    apps[1]?.end(crash);
    await turn();
    expect(ends).toEqual([crash]);
  });

  it('that does not come up ends nothing, and can be tried again', async () => {
    const { app, apps, ends, waits } = await setUp();
    waits.ready = async (one) => {
      one.end(crash);
      throw new Error('a syntax error');
    };
    await expect(app.start()).rejects.toThrow('a syntax error');
    await turn();
    expect(ends).toEqual([]);
    expect(app.serves).toBe(false);
    waits.ready = async () => {};
    await app.start();
    expect(app.current).toBe(apps[2]);
    expect(app.serves).toBe(true);
    await turn();
    expect(ends).toEqual([]);
  });

  it('that cannot be prepared is down: nothing starts', async () => {
    const { app, did, waits } = await setUp();
    waits.prepare = () => Promise.reject(new Error('no such package'));
    await expect(app.start()).rejects.toThrow('no such package');
    expect(did).toEqual(['prepare']);
    expect(app.serves).toBe(false);
  });

  it('that ends as it comes up has ended', async () => {
    const { app, ends, waits } = await setUp();
    waits.ready = async (one) => one.end(crash);
    await app.start();
    await turn();
    expect(ends).toEqual([crash]);
  });

  it('gives a start up for the next one, whatever that waits for', async () => {
    const { app, apps, did, waits } = await setUp();
    waits.ready = async (one) => {
      await one.exited;
      throw new Error('it was stopped');
    };
    const first = app.start();
    await turn();
    expect(apps).toHaveLength(2);
    waits.ready = async () => {};
    const [given, next] = await Promise.all([first, app.start()]);
    expect([given, next]).toEqual([false, true]);
    expect(did).toEqual(['prepare', 'start', 'prepare', 'start']);
    expect(app.current).toBe(apps[2]);
  });

  it('aborts what prepares a start that is given up', async () => {
    const { app, did, waits } = await setUp();
    waits.prepare = (given) =>
      new Promise((_resolve, reject) =>
        given.addEventListener('abort', () => reject(given.reason), { once: true }),
      );
    const first = app.start();
    await turn();
    waits.prepare = async () => {};
    expect(await Promise.all([first, app.start()])).toEqual([false, true]);
    expect(did).toEqual(['prepare', 'prepare', 'start']);
  });

  it('starts nothing any more once it was stopped', async () => {
    const { app, did } = await setUp();
    const starting = app.start();
    await app.stop();
    expect(await starting).toBe(false);
    expect(await app.start()).toBe(false);
    expect(did).toEqual([]);
  });
});
