/**
 * What the allocator's benches share: starting servers, and load from one process with so many
 * connections, each of which waits for its answer before it asks again.
 */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export { median } from '../support.mjs';

const ROOT = resolve(import.meta.dirname, '../..');

export const percentile = (numbers, share) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
};

/** Starts `zerogpu serve` with a state folder of its own. */
export async function startServe(args) {
  const state = mkdtempSync(join(tmpdir(), 'zerogpu-bench-'));
  const command = [join(ROOT, 'bin/zerogpu.js'), 'serve', '--state-dir', state, ...args];
  const server = await startServer(process.execPath, command, state);
  return { ...server, state, secret: readFileSync(join(state, 'control-secret'), 'utf8').trim() };
}

/** Starts a server that prints `ready URL`. */
export async function startServer(file, args, state = null) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const url = await new Promise((found, failed) => {
    let text = '';
    child.stdout.on('data', (part) => {
      text += part;
      const ready = /ready (\S+)/.exec(text)?.[1];
      if (ready) found(ready);
    });
    child.once('exit', (code) => failed(new Error(`${args.join(' ')} ended with ${code}`)));
  });
  return {
    url,
    pid: child.pid,
    async stop() {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await ended;
      if (state) rmSync(state, { recursive: true, force: true });
    },
  };
}

/** One connection: `post(path)` resolves with status and body. */
export function connection(url) {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    post: (path, headers = {}) =>
      new Promise((resolve, reject) => {
        const request = httpRequest(
          { hostname, port, path, method: 'POST', agent, headers },
          (response) => {
            let body = '';
            response.setEncoding('utf8');
            response.on('data', (part) => {
              body += part;
            });
            response.on('end', () => resolve({ status: response.statusCode, body }));
          },
        );
        request.on('error', reject);
        request.end();
      }),
    close: () => agent.destroy(),
  };
}

/** A visitor's token, as the gateway signs it. */
export function signToken(secret, visitor, tier) {
  const key = createHmac('sha256', secret).update('visitor-tokens').digest();
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { tier, iss: 'zerogpu', sub: visitor, iat: now, exp: now + 3600 };
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${head}.${createHmac('sha256', key).update(head).digest('base64url')}`;
}

/** Registers this process as a Space, so that processes below it may be allowed. */
export async function registerSpace({ url, secret }, id) {
  const startTime = readFileSync(`/proc/${process.pid}/stat`, 'latin1')
    .split(') ')[1]
    .split(' ')[19];
  const query = new URLSearchParams({
    ...{
      id,
      name: id.split('/').at(-1),
      owner: 'bench',
      ownerKind: 'organization',
      tasksSocket: '/nowhere',
    },
    ...{ pid: String(process.pid), startTime },
  });
  const headers = { authorization: `Bearer ${secret}` };
  const response = await fetch(`${url}/control/v1/spaces?${query}`, { method: 'POST', headers });
  if (!response.ok) throw new Error(`the Space was not registered: ${response.status}`);
}

/** Runs `op(lane)` on so many lanes for so long. @returns operations a second */
export async function drive(lanes, seconds, op) {
  const endMs = performance.now() + seconds * 1000;
  const startMs = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (performance.now() < endMs) {
        await op(lane);
        count += 1;
      }
    }),
  );
  return (count / (performance.now() - startMs)) * 1000;
}

/**
 * Calls against a `serve`: each lane is a task with a worker process of its own, kept warm; one
 * operation is /schedule, /allow and /release, all three with the ledger behind them.
 */
export async function callLanes(server, lanes, space = '/zerogpu/bench') {
  await registerSpace(server, space);
  const workers = Array.from({ length: lanes }, () =>
    spawn('sleep', ['3600'], { stdio: 'ignore' }),
  );
  const connections = workers.map(() => connection(server.url));
  const queries = workers.map((_, lane) => {
    const token = signToken(server.secret, `pro:v${lane}`, 'pro');
    const query = { cgroupPath: space, taskId: String(lane + 1), enableQueue: 'true' };
    return `/schedule?${new URLSearchParams({ ...query, durationSeconds: '5', token })}`;
  });
  return {
    async op(lane) {
      const { post } = connections[lane];
      const { status, body } = await post(queries[lane]);
      if (status !== 200) throw new Error(`/schedule: ${status} ${body}`);
      const { allowToken } = JSON.parse(body);
      const allowed = await post(`/allow?allowToken=${allowToken}&pid=${workers[lane].pid}`);
      if (allowed.status !== 200) throw new Error(`/allow: ${allowed.status}`);
      const released = await post(`/release?allowToken=${allowToken}&fail=false`);
      if (released.status > 204) throw new Error(`/release: ${released.status}`);
    },
    close() {
      for (const worker of workers) worker.kill('SIGKILL');
      for (const { close } of connections) close();
    },
  };
}
