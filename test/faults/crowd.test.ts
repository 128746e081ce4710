/** More clients than anybody wants, slow ones, and ones that leave: the allocator serves the others. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identifyProcess } from '../../src/shared/process-table.js';
import { type Daemon, startDaemon, wire } from '../support/allocator/daemon.js';

const SPACE = '/zerogpu/crowd';
const PATIENT = { timeout: 20_000, interval: 50 };
let state: string;
let daemon: Daemon;
const sockets: Socket[] = [];

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'zerogpu-crowd-'));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  daemon.client.close();
  daemon.child.kill('SIGTERM');
  await daemon.ended;
  rmSync(state, { recursive: true, force: true });
});

async function start(command: readonly string[] = []): Promise<void> {
  daemon = await startDaemon(state, ['--gpus', '1'], command);
  await daemon.client.register({
    id: SPACE,
    name: 'crowd',
    owner: { name: 'ada', kind: 'pro' },
    tasksSocket: '/nowhere',
    root: identifyProcess(process.pid),
  });
}

/** A connection that sends this and then nothing; what comes back is gathered. */
async function open(text: string): Promise<{ socket: Socket; said: () => string }> {
  const { port } = new URL(daemon.url);
  const socket = connect(Number(port), '127.0.0.1');
  sockets.push(socket);
  let said = '';
  socket.on('data', (part) => {
    said += part;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(text);
  return { socket, said: () => said };
}

const head = (visitor: number) =>
  `POST /schedule?cgroupPath=${SPACE}&taskId=${visitor}&durationSeconds=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
const grant = async () => {
  const answer = await wire(daemon.url, 'schedule', {
    ...{ cgroupPath: SPACE, taskId: 1, durationSeconds: 5 },
    token: await daemon.sign({ key: 'pro:ada', tier: 'pro', hasToken: true }),
  });
  return answer?.status;
};

describe('the allocator', () => {
  it('cuts two hundred who never finish their headers or bodies, and serves the others meanwhile', async () => {
    await start();
    const slow = await Promise.all([
      ...Array.from({ length: 100 }, () => open('POST /schedule?x=1 HTTP/1.1\r\nHost: 127')),
      ...Array.from({ length: 100 }, () =>
        open('POST /allow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nx'),
      ),
    ]);
    expect(await grant()).toBe(200);
    await expect
      .poll(
        () => slow.filter(({ socket }) => !socket.destroyed && !socket.readableEnded).length,
        PATIENT,
      )
      .toBe(0);
    expect((await daemon.client.snapshot()).queue.total).toBe(0);
  });

  it('forgets those who leave the queue, and ends the streams of those who stay', async () => {
    await start();
    expect(await grant()).toBe(200);
    const waiting = await Promise.all(
      Array.from({ length: 500 }, (_, index) => open(head(index + 10))),
    );
    const queued = async () => (await daemon.client.snapshot()).queue.total;
    // Anonymous visitors of one address share a quota of two minutes: the rest is refused.
    await expect.poll(async () => (await queued()) > 50, PATIENT).toBe(true);
    const before = await queued();
    const inQueue = waiting.filter(({ said }) => said().includes('text/event-stream'));
    for (const { socket } of inQueue.slice(0, 30)) socket.destroy();
    await expect.poll(queued, PATIENT).toBeLessThanOrEqual(before - 30);
    daemon.child.kill('SIGTERM');
    expect((await daemon.ended).code).toBe(0);
    await expect
      .poll(() => inQueue.slice(30).filter(({ socket }) => !socket.destroyed).length, PATIENT)
      .toBe(0);
  });

  it('that has no more descriptors continues, and serves again when there are some', async () => {
    await start(['sh', '-c', 'ulimit -n 120; exec "$@"', 'sh']);
    const many = await Promise.all(
      Array.from({ length: 200 }, () =>
        open('GET /queue-size HTTP/1.1\r\nHost: 127').catch(() => null),
      ),
    );
    expect(daemon.child.exitCode).toBeNull();
    for (const one of many) one?.socket.destroy();
    await expect.poll(grant, PATIENT).toBe(200);
    expect(daemon.stderr()).not.toMatch(/^\s+at /m);
  });
});
