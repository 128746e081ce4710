/**
 * `npm run demo`: set-up, then the hello Space on the emulated GPU, called as three visitors.
 * `npm run demo -- --once` stops after the calls; else the Space goes on serving until Ctrl-C.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureBuilt, ensureNodePackages, fail, root, say } from './prepare.js';

const VISITORS = ['anonymous', 'free', 'pro'];
/** An event is written right after its answer: looking for a few seconds is plenty. */
const EVENT_WITHIN_MS = 5_000;

const once = process.argv.includes('--once');
const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-demo-'));
const eventsFile = join(scratch, 'events.ndjson');
try {
  await ensureNodePackages();
  await ensureBuilt();
  process.exitCode = await demo();
} catch (error) {
  fail(error);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function demo() {
  const space = join(root, 'templates/hello');
  const args = ['bin/zerogpu.js', 'run', space, '--yes', '--gpu', 'mock', '--events', eventsFile];
  say('\n$ zerogpu run templates/hello\n');
  const run = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 2] });
  const ended = new Promise((resolve) => run.on('exit', (code) => resolve(code ?? 1)));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => run.kill(signal));

  const url = await readyUrl(run);
  if (url === null) return ended;
  try {
    await callAsEveryVisitor(url);
  } catch (error) {
    run.kill('SIGTERM');
    await ended;
    throw error;
  }
  if (once) run.kill('SIGTERM');
  else say(`\nThe Space is yours: ${url}   (add ?as=pro to be another visitor; Ctrl-C stops)\n`);
  return ended;
}

/** `zerogpu run` prints one line on stdout when the app answers; none when it could not start. */
async function readyUrl(run) {
  for await (const line of createInterface({ input: run.stdout })) {
    if (line.startsWith('ready ')) return line.slice('ready '.length);
  }
  return null;
}

async function callAsEveryVisitor(url) {
  const { Client } = await import('@gradio/client');
  const rows = [];
  for (const visitor of VISITORS) {
    const client = await Client.connect(url, { token: visitor });
    const { data } = await client.predict('/greet', [visitor, 40]);
    closeQuietly(client);
    rows.push({ ...(await lastEnded(rows.length + 1)), visitor, answer: data[0] });
  }
  process.stdout.write('\nvisitor     charged   left today   answer\n');
  for (const row of rows) {
    const charged = `${row.chargedSeconds.toFixed(2)} s`.padStart(7);
    const left = `${row.leftAfterSeconds.toFixed(2)} s`.padStart(10);
    process.stdout.write(`${row.visitor.padEnd(10)}  ${charged}   ${left}   ${row.answer}\n`);
  }
}

/** The client prints the abort of its own event stream as an error. */
function closeQuietly(client) {
  const { error } = console;
  console.error = () => {};
  client.close();
  setTimeout(() => {
    console.error = error;
  }, 100).unref();
}

/** The n-th finished call in the event file: what the allocator charged, and what is left. */
async function lastEnded(count) {
  for (const giveUp = Date.now() + EVENT_WITHIN_MS; Date.now() < giveUp; ) {
    const events = readFileSync(eventsFile, 'utf8').split('\n').filter(Boolean);
    const ended = events.map((line) => JSON.parse(line)).filter(({ event }) => event === 'ended');
    if (ended.length >= count) return ended[count - 1];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the allocator wrote no event for a finished call');
}
