/**
 * The peers of bench/allocator/ledger.mjs, each a queue that people use, made to keep what it says
 * before it answers: Redis with `appendfsync always` (one Lua script a step; BullMQ), PostgreSQL
 * with its default synchronous commit (SKIP LOCKED). Servers of the bench's own, on loopback, with
 * folders that go with it; clients from npm in a folder that goes with it too.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromNpm } from '../support.mjs';

const CLIENTS = ['ioredis@5', 'bullmq@5', 'pg@8'];

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

function folder(name) {
  const dir = mkdtempSync(join(tmpdir(), `zerogpu-bench-${name}-`));
  chmodSync(dir, 0o777);
  return dir;
}

/** Installs the clients; the compiled add-ons that some of them can use are not needed. */
export const installClients = () => fromNpm(...CLIENTS);

export async function startRedis() {
  const [dir, port] = [folder('redis'), await freePort()];
  const child = spawn(
    'redis-server',
    [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always'],
    ],
    { stdio: 'ignore' },
  );
  return { port, stop: () => end(child, dir) };
}

export async function startPostgres() {
  const [dir, port] = [folder('postgres'), await freePort()];
  const versions = '/usr/lib/postgresql';
  const bin = existsSync(versions)
    ? join(versions, readdirSync(versions).sort().at(-1), 'bin')
    : '';
  // It refuses to run as root.
  const as = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const [file, ...init] = [
    ...as,
    join(bin, 'initdb'),
    '-D',
    join(dir, 'data'),
    '-A',
    'trust',
    '-U',
    'postgres',
  ];
  execFileSync(file, init, { stdio: 'ignore', cwd: dir });
  const [server, ...args] = [
    ...[...as, join(bin, 'postgres'), '-D', join(dir, 'data'), '-p', String(port)],
    ...['-h', '127.0.0.1', '-k', dir],
  ];
  const child = spawn(server, args, { stdio: 'ignore', cwd: dir });
  return { port, stop: () => end(child, dir) };
}

async function end(child, dir) {
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGINT');
  await Promise.race([ended, sleep(5_000)]);
  child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
}

/** Takes a slot if the quota covers it; gives it back and settles the quota. */
const TAKE = `
  local left = tonumber(redis.call('HGET', 'quota', ARGV[1]) or '1000000000')
  if left < tonumber(ARGV[2]) then return nil end
  local slot = redis.call('LPOP', 'slots')
  if not slot then return nil end
  redis.call('HSET', 'quota', ARGV[1], left - tonumber(ARGV[2]))
  redis.call('HSET', 'leases', ARGV[3], slot)
  return slot`;
const GIVE = `
  local slot = redis.call('HGET', 'leases', ARGV[3])
  if not slot then return nil end
  redis.call('HDEL', 'leases', ARGV[3])
  redis.call('RPUSH', 'slots', slot)
  redis.call('HINCRBY', 'quota', ARGV[1], ARGV[2])
  return slot`;

/** @returns `op(lane)`: one Lua script for the schedule, one for the release */
export async function redisLua(require, port) {
  const { Redis } = require('ioredis');
  const redis = new Redis(port, '127.0.0.1');
  redis.defineCommand('take', { numberOfKeys: 0, lua: TAKE });
  redis.defineCommand('give', { numberOfKeys: 0, lua: GIVE });
  await redis.rpush('slots', ...Array.from({ length: 64 }, (_, i) => `slot${i}`));
  let n = 0;
  return {
    async op(lane) {
      n += 1;
      const token = `t${n}`;
      if ((await redis.take(`v${lane}`, 60, token)) === null) throw new Error('no slot');
      await redis.give(`v${lane}`, 55, token);
    },
    close: () => redis.disconnect(),
  };
}

/** @returns `run(jobs)`: jobs a second, added with a priority and completed, 32 at a time */
export function bullmq(require, port, lanes) {
  const { Queue, Worker } = require('bullmq');
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  return async (jobs) => {
    const queue = new Queue(`bench${Math.random()}`, { connection });
    let done = 0;
    let finish;
    const all = new Promise((resolve) => {
      finish = resolve;
    });
    const worker = new Worker(queue.name, async () => 1, {
      ...{ connection, concurrency: lanes, autorun: false, removeOnComplete: { count: 0 } },
    });
    await worker.waitUntilReady();
    worker.on('completed', () => {
      done += 1;
      if (done === jobs) finish();
    });
    const start = performance.now();
    worker.run();
    let added = 0;
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (added < jobs) {
          added += 1;
          await queue.add('job', { visitor: added % 1000 }, { priority: 1 + (added % 3) });
        }
      }),
    );
    await all;
    const rate = (jobs / (performance.now() - start)) * 1000;
    await worker.close();
    await queue.close();
    return rate;
  };
}

/** @returns `op(lane)`: a slot taken with SKIP LOCKED and given back, each a commit */
export async function postgres(require, port, lanes) {
  const { Pool } = require('pg');
  const pool = new Pool({ host: '127.0.0.1', port, user: 'postgres', max: lanes });
  for (let tries = 0; ; tries += 1) {
    try {
      await pool.query('SELECT 1');
      break;
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(100);
    }
  }
  await pool.query(`
    CREATE TABLE slots (id int PRIMARY KEY, token text);
    CREATE TABLE quota (visitor text PRIMARY KEY, left_s bigint NOT NULL);
    INSERT INTO slots SELECT n, NULL FROM generate_series(1, 64) n;
    INSERT INTO quota SELECT 'v' || n, 1000000000 FROM generate_series(0, 63) n;`);
  const take = `WITH paid AS (
      UPDATE quota SET left_s = left_s - 60 WHERE visitor = $1 AND left_s >= 60 RETURNING visitor
    ), free AS (
      SELECT id FROM slots WHERE token IS NULL LIMIT 1 FOR UPDATE SKIP LOCKED
    ) UPDATE slots SET token = $2 FROM paid, free WHERE slots.id = free.id RETURNING slots.id`;
  const give = `WITH given AS (
      UPDATE slots SET token = NULL WHERE id = $1 AND token = $3 RETURNING id
    ) UPDATE quota SET left_s = left_s + 55 WHERE visitor = $2 AND EXISTS (SELECT 1 FROM given)`;
  let n = 0;
  return {
    async op(lane) {
      n += 1;
      const token = `t${n}`;
      const taken = await pool.query({ name: 'take', text: take, values: [`v${lane}`, token] });
      const id = taken.rows[0]?.id;
      if (id === undefined) throw new Error('no slot');
      await pool.query({ name: 'give', text: give, values: [id, `v${lane}`, token] });
    },
    close: () => pool.end(),
  };
}
