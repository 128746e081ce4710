/** Unmodified clients of the Hub against `run --local-hub`: what they read is what the ledger says. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { spaceInfo, whoAmI } from '@huggingface/hub';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  connect,
  controlSecret,
  findAllocators,
  type HostClient,
} from '../../src/allocator/client/index.js';
import { type Daemon, startDaemon } from '../support/allocator/daemon.js';
import { zerogpu } from '../support/cli.js';
import { fixture, oldPython, type StartedRun, startRun, testPython } from '../support/e2e/space.js';

const execute = promisify(execFile);
const SPACE = 'me/everything';
const state = mkdtempSync(join(tmpdir(), 'zerogpu-hub-'));
/** No request of these tests may leave the machine; nor may a token of the person who runs them. */
const env = {
  ...process.env,
  HF_ENDPOINT: 'http://127.0.0.1:9',
  HF_HOME: join(state, 'hf'),
  HF_HUB_OFFLINE: '',
};
let run: StartedRun;
let hub: string;
let ledger: HostClient;

beforeAll(async () => {
  const args = ['--local-hub', '--space-id', SPACE, '--fresh', '--state-dir', state];
  run = await startRun(fixture('everything'), args, testPython(), env);
  const banner = await run.waitFor(({ event }) => event === 'banner');
  hub = (banner['hub'] as { url: string }).url;
  const [locator] = findAllocators(state);
  ledger = connect(locator?.url ?? '', controlSecret(state));
});
afterAll(async () => {
  ledger?.close();
  await run?.stop();
  rmSync(state, { recursive: true, force: true });
});

interface Read {
  readonly version: string;
  readonly host: string;
  readonly quota: { base: number; remaining: number; resetsAt: string | null } | null;
}

async function python(code: readonly string[], interpreter = testPython()): Promise<string> {
  const { stdout } = await execute(interpreter, code, { env: { ...env, HF_ENDPOINT: hub } });
  return stdout;
}

async function read(token: string, interpreter = testPython()): Promise<Read> {
  const script = join(import.meta.dirname, '../support/e2e/hub_clients.py');
  return JSON.parse(await python([script, token, SPACE], interpreter)) as Read;
}

/** A call with gradio_client, the Space asked for by its name on the Hub. */
const CALL = `
import sys
from gradio_client import Client
client = Client("${SPACE}", token=sys.argv[1], verbose=False)
try:
    print("answer", client.predict(int(sys.argv[2]), 0.3, api_name="/hold"))
except Exception as error:
    print("refused", error)
`;
const call = (token: string, declared: number) => python(['-c', CALL, token, String(declared)]);

/** What the client read is the ledger's, to the second. */
async function expectLedger(token: string, key: string): Promise<Read['quota']> {
  const tier = token.startsWith('pro') ? 'pro' : 'free';
  const [{ quota }, truth] = [await read(token), await ledger.visitor(key, tier)];
  expect(quota).not.toBeNull();
  expect(quota?.base).toBe(truth.limitSeconds);
  expect(quota?.remaining).toBeCloseTo(truth.leftSeconds, 3);
  const seconds = (iso: string | null | undefined) => (iso ? Date.parse(iso) / 1_000 : 0);
  expect(Math.abs(seconds(quota?.resetsAt) - seconds(truth.resetsAt))).toBeLessThan(1);
  return quota;
}

describe('run --local-hub', () => {
  it('is read by huggingface_hub as the ledger is: before, after a call, a refusal, the reset', async () => {
    expect(await expectLedger('pro:ann', 'pro:ann')).toMatchObject({
      remaining: 1500,
      resetsAt: null,
    });

    expect(await call('pro:ann', 20)).toContain('answer');
    await run.waitFor(({ event }) => event === 'ended');
    const spent = await expectLedger('pro:ann', 'pro:ann');
    expect(spent?.remaining).toBeLessThan(1_500);
    expect(spent?.resetsAt).not.toBeNull();

    expect(await call('pro:ann', 1_500)).toContain('refused');
    expect((await expectLedger('pro:ann', 'pro:ann'))?.remaining).toBe(spent?.remaining);

    await ledger.resetQuota('pro:ann');
    expect(await expectLedger('pro:ann', 'pro:ann')).toMatchObject({
      remaining: 1500,
      resetsAt: null,
    });
    expect(await expectLedger('free', 'free')).toMatchObject({ base: 210, remaining: 210 });
  });

  it('tells huggingface_hub, new and old, who calls and where the Space is', async () => {
    const facts = { name: 'ann', isPro: true, host: run.url, id: SPACE };
    const runtime = { stage: 'RUNNING', hardware: 'zero-a10g' };
    const [newest, old] = [await read('pro:ann'), await read('pro:ann', oldPython())];
    expect(newest).toMatchObject({ ...facts, ...runtime });
    expect(Number.parseInt(newest.version, 10)).toBeGreaterThanOrEqual(2);
    expect(old).toMatchObject({ ...facts, ...runtime });
    expect(Number.parseInt(old.version, 10)).toBeLessThan(2);
  });

  it('is read by the hf command', async () => {
    const hf = join(dirname(testPython()), 'hf');
    const options = { env: { ...env, HF_ENDPOINT: hub, HF_TOKEN: 'free:bob' } };
    const quota = await execute(hf, ['spaces', 'zero-gpu', 'quota', '--json'], options);
    expect(JSON.parse(quota.stdout)).toMatchObject({ base: 210, remaining: 210, resets_at: null });
    const who = await execute(hf, ['auth', 'whoami'], options);
    expect(who.stdout).toContain('bob');
  });

  it('is read by @huggingface/hub, whose tokens begin with hf_', async () => {
    const client = { accessToken: 'hf_pro:ann', hubUrl: hub };
    expect(await whoAmI(client)).toMatchObject({ type: 'user', name: 'ann', isPro: true });
    const info = await spaceInfo({ ...client, name: SPACE });
    expect(info).toMatchObject({ name: SPACE, sdk: 'gradio', private: false });
  });

  it('says 503 for what only the real Hub knows, when that one can not be reached', async () => {
    const answer = await fetch(`${hub}/api/models/someone/something`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: expect.stringContaining('127.0.0.1:9') });
  });
});

describe('serve --local-hub', () => {
  const shared = mkdtempSync(join(tmpdir(), 'zerogpu-hub-serve-'));
  let daemon: Daemon;
  let joined: StartedRun;
  let shown: string;
  beforeAll(async () => {
    // This edition counts runs: eight a day for a free account.
    const command = ['env', `HF_ENDPOINT=${env.HF_ENDPOINT}`];
    daemon = await startDaemon(shared, ['--local-hub', '--platform', 'rtx-pro-6000'], command);
    // Two pipes: what is said on one may come after what is said on the other.
    const told = () => /HF_ENDPOINT=(\S+)/.exec(daemon.stderr())?.[1];
    // Not expect.poll: that is for tests alone.
    await vi.waitUntil(told, { timeout: 10_000 });
    shown = told() ?? '';
    const args = ['--space-id', 'me/joined', '--state-dir', shared];
    joined = await startRun(fixture('everything'), args, testPython(), env);
  });
  afterAll(async () => {
    await joined?.stop();
    daemon?.child.kill('SIGTERM');
    await daemon?.ended;
    rmSync(shared, { recursive: true, force: true });
  });

  it('leads a client to a Space that has joined, and counts its runs down to the refusal', async () => {
    const calls = `
from gradio_client import Client
client = Client("me/joined", token="free:carl", verbose=False)
for _ in range(9):
    try:
        client.predict(5, 0.05, api_name="/hold")
        print("answer")
    except Exception as error:
        print("refused", error)
`;
    const { stdout } = await execute(testPython(), ['-c', calls], {
      env: { ...env, HF_ENDPOINT: shown },
    });
    expect(stdout.match(/^answer$/gm)).toHaveLength(8);
    expect(stdout.match(/^refused .*runs limit/gm)).toHaveLength(1);

    const said = await zerogpu(['quota', '--account', '--json', '--state-dir', shared], {
      env: { HF_ENDPOINT: shown, HF_TOKEN: 'free:carl', HF_HOME: join(shared, 'hf'), HOME: shared },
    });
    const { account, visitors } = JSON.parse(said.stdout);
    const carl = visitors.entries.find(({ visitor }: Named) => visitor === 'free:carl');
    expect(account.runs).toMatchObject({ used: 8, limit: 8, left: 0 });
    expect(carl).toMatchObject({ runs: 8, runsLimit: 8 });
    expect(account.leftSeconds).toBeCloseTo(carl.leftSeconds, 3);
  });
});

interface Named {
  readonly visitor: string;
}
