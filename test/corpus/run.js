#!/usr/bin/env node
/**
 * Checks real Spaces, pinned in spaces.json by repository and commit, and compares the errors with
 * those that a person has read and judged. None of their code is here: it is fetched (network, git)
 * into a cache folder.
 *
 *   node test/corpus/run.js                 after `npm run build`
 *   node test/corpus/run.js --mirror DIR    from local clones DIR/owner+name instead of the network
 *   node test/corpus/run.js --print         what is found, as spaces.json has it
 */
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const ROOT = resolve(import.meta.dirname, '../..');
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'zerogpu/corpus');
const mirrorAt = process.argv.indexOf('--mirror');
const mirror = mirrorAt > 0 ? resolve(process.argv[mirrorAt + 1] ?? '.') : null;
const print = process.argv.includes('--print');

/** The repository's clone, with the commit in it. */
async function clone(repository, commit) {
  const name = repository.replace('/', '+');
  if (mirror) return [join(mirror, name), join(mirror, name, 'repo')].findLast(existsSync);
  const dir = join(CACHE, 'repositories', name);
  if (!existsSync(dir)) {
    mkdirSync(dir, { recursive: true });
    await execa('git', ['init', '-q', dir]);
    await execa('git', ['-C', dir, 'remote', 'add', 'origin', `https://github.com/${repository}`]);
  }
  const fetch = ['fetch', '-q', '--depth', '1', '--filter=blob:limit=5m', 'origin', commit];
  await execa('git', ['-C', dir, ...fetch]);
  return dir;
}

/** What a check reads: no weights, no pictures. */
const READ = /\.(py|md|txt|in|toml|cfg)$/i;
/** Names on one command line. */
const AT_ONCE = 200;

/** The Space's files, once; @returns its folder */
async function unpack({ repository, commit, folder }) {
  const target = join(CACHE, 'spaces', `${repository}/${folder}@${commit}`.replaceAll('/', '+'));
  if (existsSync(target)) return target;
  const dir = await clone(repository, commit);
  const tree = folder === '.' ? commit : `${commit}:${folder}`;
  const listed = await execa('git', ['-C', dir, 'ls-tree', '-r', '-z', '--name-only', tree]);
  const names = listed.stdout.split('\0').filter((name) => READ.test(name));
  const half = `${target}.half`;
  mkdirSync(half, { recursive: true });
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE).map((name) => `:(literal)${name}`);
    const { stdout } = await execa('git', ['-C', dir, 'archive', tree, ...some], {
      encoding: 'buffer',
      maxBuffer: 2 ** 30,
    });
    await execa('tar', ['x', '-C', half], { input: stdout });
  }
  renameSync(half, target);
  return target;
}

async function check(dir) {
  const args = ['bin/zerogpu.js', 'check', dir, '--format', 'json'];
  const { stdout } = await execa(process.execPath, args, { cwd: ROOT, reject: false });
  const { spaces } = JSON.parse(stdout);
  return spaces
    .flatMap(({ findings }) => findings)
    .filter(({ severity }) => severity === 'error')
    .map(({ file, range, rule }) => `${file}:${range?.line ?? 1} ${rule}`)
    .sort();
}

const list = JSON.parse(readFileSync(join(import.meta.dirname, 'spaces.json'), 'utf8'));
const counts = { right: 0, wrong: 0, missed: 0 };
let unread = 0;
for (const space of list) {
  let found;
  try {
    found = await check(await unpack(space));
  } catch (error) {
    unread += 1;
    process.stderr.write(
      `not read: ${space.repository} ${space.folder}: ${error.shortMessage ?? error}\n`,
    );
    continue;
  }
  if (print) {
    process.stdout.write(`${JSON.stringify({ ...space, errors: found })}\n`);
    continue;
  }
  const wrong = found.filter((error) => !space.errors.includes(error));
  const missed = space.errors.filter((error) => !found.includes(error));
  counts.right += found.length - wrong.length;
  counts.wrong += wrong.length;
  counts.missed += missed.length;
  for (const error of wrong)
    process.stdout.write(`not in the list  ${space.repository} ${space.folder} ${error}\n`);
  for (const error of missed)
    process.stdout.write(`missed           ${space.repository} ${space.folder} ${error}\n`);
}
if (!print) {
  const share = (n, of) => (of === 0 ? '–' : `${((100 * n) / of).toFixed(1)} %`);
  process.stdout.write(
    `${list.length - unread} of ${list.length} Spaces, ${counts.right} errors as listed, ${counts.wrong} others, ${counts.missed} missed` +
      ` · precision ${share(counts.right, counts.right + counts.wrong)}` +
      ` · recall ${share(counts.right, counts.right + counts.missed)}\n`,
  );
  process.exitCode = counts.wrong + counts.missed > 0 ? 1 : 0;
}
