/**
 * The unit tests a year from now in another time zone: no test may depend on the date, the hour or the zone.
 *
 *   node bin/dev/another-day.js                  all of them
 *   node bin/dev/another-day.js test/run         those whose file has this in its name
 *   node bin/dev/another-day.js --node 24        on another Node, which npx brings from npm
 *   ZEROGPU_TEST_TZ=America/St_Johns node …      in this zone
 *
 * The clock is Debian's `faketime`, which every process below sees, Python's too; as root, it is installed where
 * it is missing. Where it can't be had, a preload shifts `Date` in the processes of Node alone.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureNodePackages, fail, root, say } from './prepare.js';

/** Fourteen hours ahead of UTC: another day there for most of the day. */
const ZONE = process.env.ZEROGPU_TEST_TZ || 'Pacific/Kiritimati';
const YEAR_MS = 365 * 86_400_000;

const words = process.argv.slice(2);
const release = words[0] === '--node' ? words.splice(0, 2)[1] : null;

try {
  await ensureNodePackages();
  await ensureBuilt();
  const faketime = findFaketime();
  say(
    faketime
      ? `Clock: faketime, a year ahead; zone ${ZONE}`
      : `Clock: Date of Node shifted by a year (there is no faketime); zone ${ZONE}`,
  );
  const node = release ? nodeOf(release) : process.execPath;
  say(`Node: ${version(node)}`);
  const vitest = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    ...['run', '--project', 'unit', '--reporter=dot'],
    ...['--reporter=./test/support/summary-reporter.ts', ...words],
  ];
  const [command, args, env] = faketime
    ? ['faketime', ['-f', '+1y', node, ...vitest], {}]
    : [node, vitest, shiftedDate()];
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env, TZ: ZONE },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.exitCode = result.status ?? 1;
} catch (error) {
  fail(error);
}

/** The binary of a release, from the `node` package, in a folder that every user may read: tests change users. */
function nodeOf(release) {
  const ask = ['-y', '-p', `node@${release}`, 'node', '-p', 'process.execPath'];
  const { status, stdout } = spawnSync('npx', ask, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`npx could not bring Node ${release} from npm`);
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-node-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const node = join(folder, 'node');
  copyFileSync(stdout.trim(), node);
  chmodSync(node, 0o755);
  return node;
}

function version(node) {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
}

function findFaketime() {
  if (works()) return true;
  if (process.getuid?.() !== 0) return false;
  say('Installing faketime…');
  const apt = (...args) => spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 2, 2] });
  const install = () => apt('install', '-y', '--no-install-recommends', 'faketime').status === 0;
  if (!install()) {
    apt('update');
    install();
  }
  return works();
}

/** Whether the clock of a Node below it is ahead. */
function works() {
  const script = `process.exit(Date.now() > ${Date.now() + YEAR_MS / 2} ? 0 : 1)`;
  const args = ['-f', '+1y', process.execPath, '-e', script];
  return spawnSync('faketime', args, { stdio: 'ignore' }).status === 0;
}

function shiftedDate() {
  const preload = pathToFileURL(join(root, 'bin/dev/shifted-date.js')).href;
  return {
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${preload}`.trim(),
    SHIFTED_DATE_MS: String(YEAR_MS),
  };
}
