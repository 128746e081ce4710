/**
 * Many visitors wait: memory of each stream, CPU while nothing happens, and how long a new /schedule
 * takes among them against none. And deadlines: how late the kill is sent while 1,000 streams wait.
 * Usage: node bench/allocator/waiting.mjs [streams] [--json]
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { connection, percentile, registerSpace, signToken, startServe } from './load.mjs';

const streams = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 10_000);
const SPACE = '/zerogpu/waiting';
const FULL = '/zerogpu/full';
/** The longest wait that the queue allows. */
const WAIT_SECONDS = 60;

function residentBytes(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
function pathOf(server, visitor, task, seconds, space = SPACE) {
  const token = signToken(server.secret, visitor, 'pro');
  const query = {
    cgroupPath: space,
    taskId: String(task),
    durationSeconds: String(seconds),
    token,
  };
  return `/schedule?${new URLSearchParams(query)}`;
}
/** The grant of an answer, or at the end of a stream. */
function grantOf(body) {
  return JSON.parse(/^data: (.*)$/m.exec(body)?.[1] ?? body);
}
/**
 * Collects how late each kill was sent, in milliseconds: the moment of the record `killing` against
 * that of `allowed` and the deadline (one second, and 0.1 s of grace) after it.
 */
async function followRecords(server, sent) {
  const allowedAt = new Map();
  const headers = { authorization: `Bearer ${server.secret}` };
  const stream = await fetch(`${server.url}/control/v1/stream?records=only`, { headers });
  const read = async () => {
    let rest = '';
    for await (const part of stream.body.pipeThrough(new TextDecoderStream())) {
      const events = (rest + part).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data === undefined) continue;
        const { event: what, call, at } = JSON.parse(data);
        if (what === 'allowed') allowedAt.set(call, at.monotonicMs);
        if (what === 'killing') sent.push(at.monotonicMs - allowedAt.get(call) - 1_100);
      }
    }
  };
  read().catch(() => {});
}
/** Opens a stream and leaves it open. */
function wait(url, path) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, method: 'POST', agent: false }, (response) => {
      response.resume();
      response.on('error', () => {});
      resolve({ status: response.statusCode, close: () => asked.destroy() });
    });
    asked.on('error', reject);
    asked.end();
  });
}
/** Seconds from the request to its answer's head, one after another; each one leaves at once. */
async function answerTimes(server, count) {
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const path = pathOf(server, `pro:asks${i}`, 1, 20);
    const start = performance.now();
    const stream = await wait(server.url, path);
    times.push(performance.now() - start);
    stream.close();
  }
  return times;
}

async function waiting() {
  const server = await startServe(['--gpus', '1', '--fresh', '--quiet']);
  await registerSpace(server, SPACE);
  // Somebody has the only slice, so that everybody waits.
  const holder = connection(server.url);
  const granted = JSON.parse((await holder.post(pathOf(server, 'pro:holds', 9, 900))).body);
  const worker = spawn('sleep', ['600'], { stdio: 'ignore' });
  await holder.post(`/allow?allowToken=${granted.allowToken}&pid=${worker.pid}`);
  const alone = await answerTimes(server, 300);
  const before = residentBytes(server.pid);
  const open = [];
  const start = performance.now();
  for (let i = 0; i < streams; i += 200) {
    const some = Array.from({ length: Math.min(200, streams - i) }, (_, k) =>
      wait(server.url, pathOf(server, `pro:w${i + k}`, 1, 20)),
    );
    open.push(...(await Promise.all(some)));
  }
  const openedSeconds = (performance.now() - start) / 1000;
  const eachKiB = (residentBytes(server.pid) - before) / open.length / 1024;
  const cpuStart = cpuSeconds(server.pid);
  await sleep(10_000);
  const cpuShare = (cpuSeconds(server.pid) - cpuStart) / 10;
  const left = WAIT_SECONDS - (performance.now() - start) / 1000;
  const among = left > 5 ? await answerTimes(server, 300) : [];
  for (const { close } of open) close();
  worker.kill('SIGKILL');
  holder.close();
  await server.stop();
  return {
    streams: open.length,
    openedSeconds,
    eachKiB,
    cpuPercent: cpuShare * 100,
    schedulesAloneP99Ms: percentile(alone, 0.99),
    schedulesAmongP99Ms: among.length > 0 ? percentile(among, 0.99) : null,
  };
}

/**
 * One slice each for `kills` calls of one second. Meanwhile 1,000 streams of another Space wait, which
 * has as many slices as it may.
 */
async function deadlines(kills) {
  const lanes = 10;
  const server = await startServe([
    ...['--gpus', String(2 * lanes), '--concurrency', String(lanes), '--fresh', '--quiet'],
  ]);
  await registerSpace(server, SPACE);
  await registerSpace(server, FULL);
  const holders = await Promise.all(
    Array.from({ length: lanes }, async (_, i) => {
      const { post, close } = connection(server.url);
      const { body } = await post(pathOf(server, `pro:h${i}`, 90 + i, 900, FULL));
      const worker = spawn('sleep', ['600'], { stdio: 'ignore' });
      await post(`/allow?allowToken=${JSON.parse(body).allowToken}&pid=${worker.pid}`);
      close();
      return worker;
    }),
  );
  const waiters = Array.from({ length: 1_000 }, (_, k) =>
    wait(server.url, pathOf(server, `pro:x${k}`, 99, 900, FULL)),
  );
  await Promise.all(waiters);
  const late = [];
  const sent = [];
  await followRecords(server, sent);
  const lane = async (task) => {
    const { post, close } = connection(server.url);
    for (let i = 0; i < kills / lanes; i += 1) {
      const { body } = await post(pathOf(server, `pro:d${task}-${i}`, task, 1));
      const { allowToken } = grantOf(body);
      const worker = spawn('sleep', ['600'], { stdio: 'ignore' });
      const gone = new Promise((done) => worker.once('exit', () => done(performance.now())));
      const before = performance.now();
      await post(`/allow?allowToken=${allowToken}&pid=${worker.pid}`);
      const after = performance.now();
      // The deadline is one second (and 0.1 s of grace) after a moment between these two.
      late.push((await gone) - (before + after) / 2 - 1_100);
    }
    close();
  };
  await Promise.all(Array.from({ length: lanes }, (_, task) => lane(task + 1)));
  for (const waiter of await Promise.all(waiters)) waiter.close();
  for (const holder of holders) holder.kill('SIGKILL');
  await server.stop();
  return {
    signalLateMsP50: percentile(sent, 0.5),
    signalLateMsP99: percentile(sent, 0.99),
    kills: late.length,
    deadAfterMsP50: percentile(late, 0.5),
    deadAfterMsP99: percentile(late, 0.99),
  };
}

const result = { waiting: await waiting(), deadlines: await deadlines(100) };
console.log(JSON.stringify(result, null, process.argv.includes('--json') ? 0 : 2));
process.exit(0);
