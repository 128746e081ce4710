/** The tools of `zerogpu mcp --allow-run` that speak to a run and to its allocator. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connect,
  controlSecret,
  type HostClient,
  publishLocator,
} from '../../src/allocator/client/index.js';
import type { Visitor } from '../../src/allocator/core/types.js';
import { type AllocatorServer, startAllocator } from '../../src/allocator/server/index.js';
import { createVisitorTokens } from '../../src/allocator/server/visitor-tokens.js';
import { createMockBackend } from '../../src/gpu/mock/index.js';
import { type PublishedRun, publishRun } from '../../src/lifecycle/live-runs.js';
import { loadProfile } from '../../src/platform/index.js';
import { systemClock } from '../../src/shared/clock.js';
import { identifyProcess } from '../../src/shared/process-table.js';
import { wire } from '../support/allocator/daemon.js';
import { writeSpace } from '../support/lsp/space.js';
import { type Agent, startAgent } from '../support/mcp/client.js';

const SPACE = '/zerogpu/mcp';
const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-mcp-'));
const [root, state] = [join(scratch, 'root'), join(scratch, 'state')];
const tokens = createVisitorTokens(new Uint8Array(32).fill(3), systemClock);
let server: AllocatorServer;
let client: HostClient;
let live: PublishedRun;
let agent: Agent;

beforeAll(async () => {
  mkdirSync(root);
  mkdirSync(state);
  writeSpace(join(root, 'demo'));
  const secret = controlSecret(state);
  const profile = loadProfile('rtx-pro-6000');
  server = await startAllocator({
    rules: { profile, longestCallSeconds: null, concurrencyPerSpace: null },
    backend: createMockBackend({ profile, gpus: 1, vramBytes: null, runDir: state }),
    tokens,
    clock: systemClock,
    onRecord: () => {},
    control: { secret, kind: 'run', zerogpuVersion: '9.9.9' },
  });
  client = connect(server.url, secret);
  await client.register({
    ...{ id: SPACE, name: 'mcp', owner: { name: 'ada', kind: 'pro' } },
    ...{ tasksSocket: '/nowhere', root: identifyProcess(process.pid) },
  });
  live = publishRun(state, { dir: join(root, 'demo'), visitor: 'anonymous', log: null });
  live.update({
    ...{ spaceId: 'ada/demo', space: SPACE, state: 'ready' },
    ...{ url: 'http://127.0.0.1:7999', allocatorUrl: server.url },
  });
  agent = await startAgent(['--allow-run', '--state-dir', state], {
    HOME: scratch,
    ZEROGPU_MCP_ROOT: root,
  });
}, 60_000);
afterAll(async () => {
  await agent?.leave();
  live?.remove();
  client?.close();
  await server?.close();
  rmSync(scratch, { recursive: true, force: true });
});

async function schedule(key: string, durationSeconds = 20) {
  const visitor: Visitor = { key, tier: 'free', hasToken: true };
  const token = await tokens.sign(visitor);
  return wire(server.url, 'schedule', { cgroupPath: SPACE, taskId: 1, durationSeconds, token });
}

/** One call that has been charged. */
async function spend(key: string, seconds: number): Promise<void> {
  const granted = await schedule(key, seconds);
  const allowToken = String(granted?.body?.['allowToken']);
  await wire(server.url, 'allow', { allowToken, pid: process.pid });
  await wire(server.url, 'release', { allowToken });
}

describe('a run in the root', () => {
  it('is named by its folder, its owner/name and its address', async () => {
    for (const space of ['demo', 'ada/demo', 'http://localhost:7999']) {
      expect((await agent.call('wait', { space })).text).toBe('ready http://127.0.0.1:7999\n');
      const { text } = await agent.call('quota', { space });
      expect(text).toMatch(/^allocator run platform=rtx-pro-6000 slices=\d+ running=0 waiting=0 /);
    }
    expect((await agent.call('run', { space: 'demo' })).text).toContain('The Space runs already.');
  });

  it('quota has a line for each visitor, and time moves on for all of them', async () => {
    await spend('free:ada', 30);
    const visitor =
      /^visitor free:ada tier=free used_s=[\d.]+ left_s=[\d.]+ resets_at=\S+ .*next: /m;
    expect((await agent.call('quota', { space: 'demo' })).text).toMatch(visitor);
    const moved = await agent.call('advance_time', { space: 'demo', seconds: 86_400 });
    expect(moved.text).toBe('quota time is 86400 s further on\n');
    const { text } = await agent.call('quota', { space: 'demo' });
    expect(text).toMatch(/^visitor free:ada tier=free used_s=0 left_s=\d+ (?!resets)/m);
    const wrong = await agent.call('advance_time', { space: 'demo', seconds: -5 });
    expect(wrong.text).toContain("the arguments of advance_time can't be used");
  });

  it('meets the faults that a client asks for, until it asks for none', async () => {
    const asked = await agent.call('fault', { space: 'demo', fault: 'no-gpu@2' });
    expect(asked.text).toBe('calls from now on meet no-gpu@2\n');
    expect((await schedule('free:bob'))?.status).toBe(200);
    expect((await schedule('free:eve'))?.status).toBe(503);
    await agent.call('fault', { space: 'demo', fault: 'no-gpu' });
    await agent.call('fault', { space: 'demo', fault: 'none' });
    expect((await schedule('free:fay'))?.status).toBe(200);
    const { text, isError } = await agent.call('fault', { space: 'demo', fault: 'meteor' });
    expect(isError).toBe(true);
    expect(text).toContain('"meteor", which is not a fault');
  });

  it('a call says where nothing answers', async () => {
    const { text, isError } = await agent.call('call', { space: 'demo', function: 'generate' });
    expect(isError).toBe(true);
    expect(text).toContain('E_CALL_UNREACHABLE: no Gradio app answers at http://127.0.0.1:7999');
  });

  it('a file for a call comes from the root', async () => {
    symlinkSync('/etc/hostname', join(root, 'host'));
    for (const path of ['/etc/hostname', '../state/secret', 'host']) {
      const files = { image: path };
      const { text } = await agent.call('call', { space: 'demo', function: 'f', files });
      expect(text).toContain('E_MCP_REFUSED');
    }
  });
});

describe('a run outside', () => {
  it('is not there for a client; an allocator that others use is not changed', async () => {
    const other = { HOME: scratch, ZEROGPU_MCP_ROOT: join(root, 'demo/lib') };
    const narrow = await startAgent(['--allow-run', '--state-dir', state], other);
    try {
      expect(JSON.parse((await narrow.call('status')).text).runs).toEqual([]);
      for (const space of ['ada/demo', 'http://127.0.0.1:7999', '..', '.']) {
        for (const tool of ['quota', 'stop', 'call']) {
          const { text, isError } = await narrow.call(tool, { space });
          expect(isError).toBe(true);
          expect(text).toMatch(/E_RUN_NONE|E_MCP_REFUSED/);
          expect(text).not.toContain('7999  ready');
        }
      }
    } finally {
      await narrow.leave();
    }
    const serve = publishLocator(state, { kind: 'serve', url: server.url, space: null });
    try {
      const moved = await agent.call('advance_time', { space: 'demo', seconds: 60 });
      expect(moved.text).toContain('E_MCP_REFUSED: another time would change every Space');
      const fault = await agent.call('fault', { space: 'demo', fault: 'quota' });
      expect(fault.isError).toBe(true);
    } finally {
      serve.remove();
    }
  });
});
