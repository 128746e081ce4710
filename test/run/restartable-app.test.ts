import { describe, expect, it } from 'vitest';
import type { AppExit, AppProcess } from '../../src/run/app-process.js';
import { restartableApp } from '../../src/run/restartable-app.js';

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

function setUp(untilReady: (app: AppProcess) => Promise<void> = async () => {}) {
  const did: string[] = [];
  const apps = [appOf()];
  const app = restartableApp(apps[0] as AppProcess, {
    start() {
      did.push('start');
      const next = appOf();
      apps.push(next);
      return next;
    },
    between: async () => void did.push('between'),
    untilReady,
  });
  const ends: AppExit[] = [];
  void app.ended.then((exit) => ends.push(exit));
  return { app, apps, did, ends };
}

const turn = () => new Promise((done) => setImmediate(done));
const crash = { code: 1, signal: null };

describe('an app that can be restarted', () => {
  it('has ended when it ends by itself', async () => {
    const { apps, ends } = setUp();
    apps[0]?.end(crash);
    await turn();
    expect(ends).toEqual([crash]);
  });

  it('goes on in the next one, and ends with that', async () => {
    const { app, apps, did, ends } = setUp();
    await app.restart();
    expect(did).toEqual(['between', 'start']);
    expect(app.current).toBe(apps[1]);
    await turn();
    expect(ends).toEqual([]);
    apps[1]?.end(crash);
    await turn();
    expect(ends).toEqual([crash]);
  });

  it('that does not come up ends nothing, and can be tried again', async () => {
    let fails = true;
    const { app, apps, ends } = setUp(async (one) => {
      if (!fails) return;
      (one as ReturnType<typeof appOf>).end(crash);
      throw new Error('a syntax error');
    });
    await expect(app.restart()).rejects.toThrow('a syntax error');
    await turn();
    expect(ends).toEqual([]);
    fails = false;
    await app.restart();
    expect(app.current).toBe(apps[2]);
    await turn();
    expect(ends).toEqual([]);
  });

  it('that dies as it comes up has ended', async () => {
    const { app, ends } = setUp(async (one) => (one as ReturnType<typeof appOf>).end(crash));
    await app.restart();
    await turn();
    expect(ends).toEqual([crash]);
  });

  it('starts nothing any more once it was stopped', async () => {
    const { app, did } = setUp();
    const restarting = app.restart();
    await app.stop();
    await restarting;
    expect(did).toEqual(['between']);
  });
});
