/**
 * Runs each Space of a folder of cases under `zerogpu run`, and compares with test/cases/expected.json.
 *
 *   node test/cases/run.js FOLDER                all cases that do not need more than this machine has
 *   node test/cases/run.js FOLDER lock           those whose name has this in it, whatever they need
 *   node test/cases/run.js FOLDER --python PATH  with this Python instead of the one of the tests
 *
 * A case is a folder with an app.py; cases may lie one folder deeper. Prints one line a case; exit code 1
 * when one deviates, when a folder has nothing expected of it, or an expectation has no folder.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureNodePackages, fail, root, say } from '../../bin/dev/prepare.js';
import { testPython } from '../../bin/dev/test-python.js';

const START_SECONDS = 300;
const CALL_SECONDS = 120;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string' } },
});
const [folder, wanted] = positionals;
const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'expected.json'), 'utf8'));

try {
  if (!folder) throw new Error('node test/cases/run.js FOLDER [TEXT]');
  await ensureNodePackages();
  await ensureBuilt();
  const python = values.python ?? (await testPython('requirements.txt'));
  const names = casesIn(folder);
  for (const name of names.filter((each) => each.includes(wanted ?? ''))) {
    report(name, await verdictOf(name, python));
  }
  const missing = Object.keys(expected).filter((name) => !names.includes(name));
  if (!wanted) for (const name of missing) report(name, 'DEVIATES  no such folder');
} catch (error) {
  fail(error);
}

function report(name, verdict) {
  process.stdout.write(`${name.padEnd(38)} ${verdict}\n`);
  if (verdict.startsWith('DEVIATES')) process.exitCode = 1;
}

function casesIn(dir) {
  const below = (path) =>
    readdirSync(join(dir, path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(path, name));
  return below('.')
    .flatMap((name) => [name, ...below(name)])
    .filter((name) => existsSync(join(dir, name, 'app.py')))
    .sort();
}

/** `as expected`, `skipped  WHY`, or `DEVIATES  WHAT`. */
async function verdictOf(name, python) {
  const case_ = expected[name];
  if (!case_) return 'DEVIATES  nothing is expected of it';
  if (case_.skipped && !wanted) return `skipped  ${case_.skipped}`;
  for (const needed of case_.needs ?? []) {
    const { status } = spawnSync(python, [
      '-c',
      `import importlib.util as u; exit(not u.find_spec("${needed}"))`,
    ]);
    if (status !== 0) return `skipped  ${needed} is not installed`;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-case-'));
  try {
    const space = join(scratch, 'space');
    cpSync(join(folder, name), space, { recursive: true });
    if (case_.model) {
      const maker = join(import.meta.dirname, 'make_models.py');
      spawnSync(python, [maker, space, case_.model], { stdio: ['ignore', 'ignore', 2] });
    }
    const deviations = await deviationsOf(case_, space, join(scratch, 'state'), python);
    return deviations.length === 0 ? 'as expected' : `DEVIATES  ${deviations.join('; ')}`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function deviationsOf(case_, space, state, python) {
  const args = [space, '--python', python, '--state-dir', state, ...(case_.flags ?? [])];
  const run = startRun(args, case_.stopAt);
  const deviations = [];
  try {
    const url = await run.ready;
    if (case_.ends && url) deviations.push('starts');
    if (!case_.ends && !case_.stopAt && !url) deviations.push('does not start');
    if (!case_.ends && url) {
      for (const [index, call] of (case_.calls ?? []).entries()) {
        const deviation = await deviationOf(call, url, python);
        if (deviation) deviations.push(`call ${index + 1} (${call.to}) ${deviation}`);
      }
    }
  } finally {
    await run.stop();
  }
  for (const words of [...(case_.ends ? [case_.ends] : []), ...(case_.log ?? [])]) {
    if (!run.text().includes(words)) deviations.push(`does not say: ${words}`);
  }
  for (const words of case_.notInLog ?? []) {
    if (run.text().includes(words)) deviations.push(`says: ${words}`);
  }
  if (deviations.length > 0) say(run.text().split('\n').slice(-40).join('\n'));
  return deviations;
}

/** @param stopAt words of the log at which the run has shown what it is for; without them, when it is ready */
function startRun(args, stopAt) {
  const child = spawn(
    process.execPath,
    [join(root, 'bin/zerogpu.js'), 'run', ...args, '--port', '0', '--log-format', 'json'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HF_HUB_OFFLINE: '1', MODEL: 'owner/tiny' },
    },
  );
  const lines = [];
  let late;
  const ended = new Promise((done) => child.on('close', done));
  const ready = new Promise((done) => {
    late = setTimeout(() => done(null), START_SECONDS * 1_000);
    createInterface({ input: child.stderr }).on('line', (line) => {
      const event = line.startsWith('{') ? JSON.parse(line) : { line };
      lines.push(event.line ?? event.message ?? line);
      lines.push(line);
      if (stopAt && line.includes(stopAt)) done(null);
      if (event.event === 'ready') done(event.url);
    });
    child.on('close', () => done(null));
  });
  return {
    ready,
    text: () => lines.join('\n'),
    async stop() {
      clearTimeout(late);
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** What is wrong with the answer to one call; null when nothing is. */
async function deviationOf(call, url, python) {
  const answer = await ask(call, url, python);
  const got = answer.ok ? JSON.stringify(answer.value) : `error ${answer.error}`;
  const pattern = new RegExp(call.answers ?? `^error .*${call.fails}`, 's');
  return pattern.test(got) ? null : `gives ${got.slice(0, 200)}`;
}

/** One request of test/support/e2e/client.py. */
async function ask(call, url, python) {
  const client = spawn(python, [join(root, 'test/support/e2e/client.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const request = {
    id: 1,
    url,
    token: 'as' in call ? call.as : 'pro',
    endpoint: call.to,
    args: call.with ?? [],
  };
  client.stdin.write(`${JSON.stringify({ ...request, stream: call.stream ?? false })}\n`);
  let late;
  try {
    return await new Promise((done) => {
      late = setTimeout(() => done({ error: 'no answer in time' }), CALL_SECONDS * 1_000);
      createInterface({ input: client.stdout }).on('line', (line) => done(JSON.parse(line)));
    });
  } finally {
    clearTimeout(late);
    client.kill('SIGKILL');
  }
}
