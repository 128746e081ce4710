import { afterEach, describe, expect, it } from 'vitest';
import { mayDebug } from '../../../src/run/debug/own-user.js';
import { type DebugRelay, startDebugRelay } from '../../../src/run/debug/relay.js';
import { dapClient } from '../../support/e2e/dap-client.js';
import { fakeDebuggee } from '../../support/run/debuggee.js';

let relay: DebugRelay;
let said: string[] = [];
const open: { close(): void }[] = [];

async function start({ isOwn = true, attachWithinMs = 5_000 } = {}): Promise<void> {
  const mine: string[] = [];
  said = mine;
  relay = await startDebugRelay({
    port: { number: 0, explicit: true },
    notMine: ['/ours'],
    mayConnect: () => isOwn,
    attachWithinMs,
    onStopped: ({ pid, isApp }, place) =>
      void place.then((where) => mine.push(`${isApp ? 'app' : 'worker'} ${pid} at ${where}`)),
    onGoesOn: (pid) => void mine.push(`${pid} goes on`),
    warn: (message) => void mine.push(message),
  });
}
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  relay.close();
});

const client = (can = {}) => {
  const made = dapClient(Number(relay.address.split(':')[1]), can);
  open.push(made);
  return made;
};
const debuggee = (pid: number, ppid?: number, token = relay.token) => {
  const made = fakeDebuggee(relay.debuggeePort, { pid, token, ...(ppid ? { ppid } : {}) });
  open.push(made);
  return made;
};
const attached = async (args = {}, can = {}) => {
  const made = client(can);
  await made.attach({ justMyCode: true, ...args }, { '/s/app.py': [10] });
  return made;
};

describe('the relay of the debugger', () => {
  it('lets the app and its workers run where there is no client', async () => {
    await start();
    const app = debuggee(100);
    await app.runs;
    const worker = debuggee(101, 100);
    await worker.runs;
    await expect.poll(() => worker.heard.at(-1)).toBe('disconnect');
    expect(relay.isDebugged(101)).toBe(false);
    expect([relay.isApp(100), relay.isApp(101)]).toEqual([true, false]);
  });

  it('has no process that does not name the token', async () => {
    await start();
    const foreign = debuggee(100, 1, 'f'.repeat(64));
    await expect.poll(foreign.isOpen).toBe(false);
    expect(foreign.heard).toEqual(['pydevdAuthorize']);
  });

  it('has no connection of another user', async () => {
    await start({ isOwn: false });
    const app = debuggee(100);
    await expect.poll(app.isOpen).toBe(false);
    await expect(client().request('initialize')).rejects.toThrow('the connection ended');
    expect(app.heard).toEqual([]);
    expect(said.join()).toContain('another user');
  });

  it('lets a client wait for the app, which does not run before its breakpoints are set', async () => {
    await start();
    const waiting = attached();
    const app = debuggee(100);
    const editor = await waiting;
    expect(app.heard.slice(2)).toEqual([
      ...['initialize', 'initialize', 'attach', 'setBreakpoints', 'configurationDone'],
    ]);
    expect(app.arguments('attach')).toMatchObject({
      justMyCode: true,
      rules: [{ path: '/ours/**', include: false }],
    });
    expect(relay.isDebugged(100)).toBe(true);
    await editor.request('pause', { threadId: 1 });
    expect(app.arguments('pause')).toEqual({ threadId: '*' });
  });

  it.each([
    ['debugpyAttach', {}],
    ['startDebugging', { supportsStartDebuggingRequest: true }],
  ])('shows a client each worker (%s), which waits for it', async (how, can) => {
    await start();
    const app = debuggee(100);
    await app.runs;
    const editor = await attached({ pathMappings: [], processId: 3 }, can);
    const worker = debuggee(101, 100);
    let body = {};
    if (how === 'debugpyAttach') body = await editor.event(how);
    else {
      await expect.poll(() => editor.asked.length).toBe(1);
      body = editor.asked[0]?.arguments?.['configuration'] ?? {};
    }
    expect(body).toMatchObject({ subProcessId: 101, name: 'Worker 101', pathMappings: [] });
    expect(body).not.toHaveProperty('processId');
    expect(worker.heard).not.toContain('configurationDone');

    const session = await attached(body);
    await worker.runs;
    worker.peer.send({ type: 'event', event: 'stopped', body: { threadId: 7 } });
    await expect(session.event('stopped')).resolves.toEqual({ threadId: 7 });
    await expect.poll(() => said).toEqual(['worker 101 at app.py:10 (double)']);
    await session.request('continue', { threadId: 7 });
    expect(said.at(-1)).toBe('101 goes on');
    worker.close();
    await session.event('terminated');
  });

  it('shows a client that attaches late the workers that run already', async () => {
    await start();
    await debuggee(100).runs;
    await debuggee(101, 100).runs;
    const editor = await attached();
    expect(await editor.event('debugpyAttach')).toMatchObject({ subProcessId: 101 });
  });

  it('does not keep a worker for a client that does not attach to it', async () => {
    await start({ attachWithinMs: 20 });
    await debuggee(100).runs;
    await attached();
    await debuggee(101, 100).runs;
    expect(said.join()).toContain('process 101 within 0.02 s');
  });

  it('lets go of what a client has stopped when it leaves, and never ends the app', async () => {
    await start();
    const app = debuggee(100);
    await app.runs;
    const editor = await attached();
    app.peer.send({ type: 'event', event: 'stopped', body: { threadId: 1 } });
    await editor.event('stopped');
    await editor.request('disconnect', { terminateDebuggee: true });
    expect(app.arguments('disconnect')).not.toHaveProperty('terminateDebuggee');
    expect(said).toContain('100 goes on');
    // Another client may come.
    const next = await attached();
    app.peer.send({ type: 'event', event: 'stopped', body: { threadId: 1 } });
    await next.event('stopped');
    next.close();
    await expect.poll(() => said.filter((line) => line === '100 goes on').length).toBe(2);
  });

  it('passes no request of a process to a client, which would act on it', async () => {
    await start();
    const app = debuggee(100);
    await app.runs;
    const editor = await attached();
    const run = app.peer.request('runInTerminal', { args: ['sh'] });
    await expect(run).rejects.toThrow('not passed on');
    expect(editor.asked).toEqual([]);
  });

  it('takes one client a process, and says what else it does not do', async () => {
    await start();
    await debuggee(100).runs;
    await attached();
    await expect(attached()).rejects.toThrow('being debugged already');
    const third = client();
    await expect(third.request('launch')).rejects.toThrow('"request": "attach"');
    await expect(third.request('threads')).rejects.toThrow('before attach');
  });

  it('ends a session for a worker that is gone', async () => {
    await start();
    await debuggee(100).runs;
    const late = client();
    await late.request('initialize');
    await late.request('attach', { subProcessId: 4_242 });
    await late.event('terminated');
  });
});

describe('who may debug', () => {
  it.each([
    [1_000, 1_000, true],
    [0, 1_000, true],
    [1_001, 1_000, false],
    [1_000, 0, false],
    [null, 1_000, false],
    [null, null, false],
  ])('user %s on a run of %s: %s', (peer, own, may) => {
    expect(mayDebug(peer, own)).toBe(may);
  });
});
