/**
 * What the attacks share: a real `zerogpu serve` in a process of its own, a wire client that is written from
 * the protocol alone, and random numbers from a seed. Nothing here imports zerogpu.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const READY_WITHIN_MS = 30_000;
const CLI = resolve(import.meta.dirname, '../../bin/zerogpu.js');

export const SEED = Number(process.env.ZEROGPU_ADVERSARY_SEED ?? 1);
export const ROUNDS = Number(process.env.ZEROGPU_ADVERSARY_ROUNDS ?? 5);

/** Numbers from 0 to 1 (mulberry32): the same attack again from the same seed. */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs a command of zerogpu to its end. */
export function zerogpu(args, environment = {}) {
  const env = { ...process.env, NO_COLOR: '1', ...environment };
  return spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env, timeout: 60_000 });
}

/** @returns once it is ready; throws what it said when it ends before */
export async function startServe(state, args = [], command = []) {
  const [file, ...rest] = [...command, process.execPath, CLI, 'serve', '--state-dir', state];
  const env = { ...process.env, NO_COLOR: '1' };
  const child = spawn(file, [...rest, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let stderr = '';
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  const ended = new Promise((done) => child.once('close', (code) => done(code)));
  const url = await new Promise((found, failed) => {
    let stdout = '';
    child.stdout.on('data', (part) => {
      stdout += part;
      const ready = /^ready (\S+)$/m.exec(stdout)?.[1];
      if (ready) found(ready);
    });
    void ended.then((code) => failed(new Error(`serve ended with ${code}:\n${stderr}`)));
    setTimeout(() => {
      failed(new Error(`serve is not ready in ${READY_WITHIN_MS} ms:\n${stderr}`));
      if (stdout === '') child.kill('SIGKILL');
    }, READY_WITHIN_MS).unref();
  });
  return { child, ended, url, stderr: () => stderr };
}

export function secretOf(state) {
  return readFileSync(join(state, 'control-secret'), 'utf8').trim();
}

/** A visitor's token as the platform's proxy would sign it: HS256, no library. */
export function signToken(secret, key, tier) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'zerogpu', sub: key, tier, iat: now, exp: now + 3600 };
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  const signingKey = createHmac('sha256', secret).update('visitor-tokens').digest();
  return `${text}.${createHmac('sha256', signingKey).update(text).digest('base64url')}`;
}

/** One request of the wire; null when nothing answers. */
export async function wire(url, path, query, headers = {}) {
  try {
    const target = `${url}/${path}?${new URLSearchParams(query)}`;
    const response = await fetch(target, { method: 'POST', headers });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    return { status: response.status, body: isJson ? JSON.parse(text) : null, text };
  } catch {
    return null;
  }
}

/** This process as a Space: its children may be allowed as workers. */
export function registerSpace(url, secret, id) {
  const startTime = readFileSync(`/proc/${process.pid}/stat`, 'latin1').split(') ').at(-1);
  const query = {
    ...{ id, name: id.split('/').at(-1), owner: 'ada', ownerKind: 'pro', pid: String(process.pid) },
    startTime: String(startTime?.split(' ')[19]),
  };
  return wire(url, 'control/v1/spaces', query, { authorization: `Bearer ${secret}` });
}

/** Used seconds and runs by visitor, as `zerogpu state export` has them. */
export function exported(state) {
  const { status, stdout, stderr } = zerogpu([
    'state',
    'export',
    '-',
    '--serve',
    '--state-dir',
    state,
  ]);
  if (status !== 0) return { status, stderr, visitors: null };
  const { visitors } = JSON.parse(stdout);
  return { status, stderr, visitors: new Map(visitors.map((entry) => [entry.visitor, entry])) };
}

export function say(line) {
  process.stdout.write(`${line}\n`);
}

/** Prints the verdict and sets the exit code. */
export function conclude(name, figures, wrong) {
  say(`${name}: seed ${SEED}, ${figures}, ${wrong.length} wrong`);
  for (const line of wrong.slice(0, 20)) say(`  ${line}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
