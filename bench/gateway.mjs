/**
 * The gateway beside http-proxy and httpxy: the same small answers of the same node:http server, 32
 * connections, in turn, round by round. Ours also finds out who the visitor is and signs a token for them.
 * Each proxy and the server is a process of its own; the peers come from npm. Beside requests a second there is
 * what a request costs the proxy's process: on two cores the client and the server take half of the time, and
 * other programs' load is in the first figure alone.
 *
 * Usage: node bench/gateway.mjs [rounds] [seconds a round] [--json]
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import { fromNpm, median, ROOT, temporaryFolder } from './support.mjs';

const [rounds = 7, seconds = 2] = process.argv.filter((arg) => /^\d+$/.test(arg)).map(Number);
const LANES = 32;
const folder = temporaryFolder('gateway');

const bundled = join(ROOT, `node_modules/.cache/zerogpu-bench-${process.pid}.mjs`);
await build({
  stdin: {
    contents: `
      import { startGateway } from './src/gateway/index.js';
      import { createVisitorTokens } from './src/allocator/server/visitor-tokens.js';
      import { systemClock } from './src/shared/clock.js';
      const gateway = await startGateway({
        host: '127.0.0.1', port: { number: 0, explicit: true }, upstreamPort: Number(process.argv[2]),
        defaultVisitor: { tier: 'pro', name: null },
        tokens: createVisitorTokens(new Uint8Array(32).fill(7), systemClock),
      });
      console.log('ready ' + gateway.url);`,
    resolveDir: ROOT,
  },
  ...{ bundle: true, platform: 'node', format: 'esm', outfile: bundled, packages: 'external' },
  logLevel: 'error',
});
const peers = fromNpm('http-proxy@1', 'httpxy@0');
const listen =
  "server.listen(0, '127.0.0.1', () => console.log('ready http://127.0.0.1:' + server.address().port));";
const programs = {
  app: `
    const { createServer } = require('node:http');
    const body = JSON.stringify({ data: ['x'.repeat(200)] });
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body);
    });
    server.keepAliveTimeout = 60_000;
    ${listen}`,
  'http-proxy': proxy(peers.resolve('http-proxy'), 'createProxyServer'),
  httpxy: proxy(peers.resolve('httpxy'), 'createProxyServer'),
};

/** A proxy with kept connections to the app, which is how it is used in production. */
function proxy(module, create) {
  return `
    const { Agent, createServer } = require('node:http');
    import(${JSON.stringify(module)}).then((loaded) => {
      const { ${create}: create } = loaded.default ?? loaded;
      const target = { host: '127.0.0.1', port: Number(process.argv[2]) };
      const proxy = create({ target, agent: new Agent({ keepAlive: true, maxSockets: 256 }) });
      const server = createServer((request, response) => proxy.web(request, response));
      ${listen}
    });`;
}

const children = [];
async function start(name, file, ...args) {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return await new Promise((found, failed) => {
    child.once('exit', (code) => failed(new Error(`${name} ended with ${code}`)));
    child.stdout.on('data', (part) => {
      const url = /ready (\S+)/.exec(part)?.[1];
      if (url) found({ url, pid: child.pid });
    });
  });
}
/** Processor seconds of a process and its threads until now (Linux; one tick is 10 ms). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
function program(name) {
  const file = join(folder, `${name}.cjs`);
  writeFileSync(file, programs[name]);
  return file;
}

/** @returns requests a second, of the clock and of the proxy's processor time */
async function drive({ url, pid }) {
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  const { hostname, port } = new URL(url);
  const ask = () =>
    new Promise((done, failed) => {
      const sent = request(
        { hostname, port, agent, path: '/gradio_api/queue/status' },
        (response) => {
          if (response.statusCode !== 200) failed(new Error(`${url}: ${response.statusCode}`));
          response.resume().once('end', done);
        },
      );
      sent.once('error', failed);
      sent.end();
    });
  const startMs = performance.now();
  const cpuBefore = cpuSeconds(pid);
  let count = 0;
  const lane = async () => {
    while (performance.now() - startMs < seconds * 1000) {
      await ask();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  agent.destroy();
  const perSecond = (count / (performance.now() - startMs)) * 1000;
  return { perSecond, perCpuSecond: count / (cpuSeconds(pid) - cpuBefore) };
}

try {
  const app = await start('app', program('app'));
  const { port } = new URL(app.url);
  const sides = {
    zerogpu: await start('zerogpu', bundled, port),
    'http-proxy': await start('http-proxy', program('http-proxy'), port),
    httpxy: await start('httpxy', program('httpxy'), port),
  };
  const rates = { zerogpu: [], 'http-proxy': [], httpxy: [] };
  for (const side of Object.values(sides)) await drive(side);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, side] of Object.entries(sides)) rates[name].push(await drive(side));
  }
  const ratio = (name, key) =>
    median(rates.zerogpu.map((rate, i) => rate[key] / rates[name][i][key]));
  const result = {
    rounds,
    requestsPerSecond: Math.round(median(rates.zerogpu.map(({ perSecond }) => perSecond))),
    timesHttpProxy: ratio('http-proxy', 'perSecond'),
    timesHttpxy: ratio('httpxy', 'perSecond'),
    cpuTimesHttpProxy: ratio('http-proxy', 'perCpuSecond'),
    cpuTimesHttpxy: ratio('httpxy', 'perCpuSecond'),
  };
  if (process.argv.includes('--json')) console.log(JSON.stringify(result));
  else {
    const two = (number) => `${number.toFixed(2)} x`;
    const { timesHttpProxy, timesHttpxy, cpuTimesHttpProxy, cpuTimesHttpxy } = result;
    console.log(`gateway      ${result.requestsPerSecond} requests/s`);
    console.log(`http-proxy   ${two(timesHttpProxy)}, of processor time ${two(cpuTimesHttpProxy)}`);
    console.log(`httpxy       ${two(timesHttpxy)}, of processor time ${two(cpuTimesHttpxy)}`);
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(bundled, { force: true });
}
