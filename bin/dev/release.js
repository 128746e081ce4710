/**
 * `node bin/dev/release.js VERSION [--dry-run]`: makes the commit and the tag of a release, and says
 * what is left to do by hand. Nothing is pushed and nothing is published.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './prepare.js';

const UNRELEASED = '## Unreleased';

/** The changelog with its unreleased part as that version's. @throws Error when there is nothing in it */
export function releasedChangelog(text, version, day) {
  const start = text.indexOf(UNRELEASED);
  if (start < 0) throw new Error(`CHANGELOG.md has no "${UNRELEASED}"`);
  const rest = text.slice(start + UNRELEASED.length);
  const next = rest.search(/^## /m);
  const news = (next < 0 ? rest : rest.slice(0, next)).trim();
  if (news === '') throw new Error(`CHANGELOG.md has nothing under "${UNRELEASED}"`);
  const before = text.slice(0, start);
  return `${before}${UNRELEASED}\n\n## ${version} (${day})${rest}`;
}

/** @returns what keeps this version from being released, as sentences */
export function obstacles({ version, current, branch, changes, tags }) {
  const parts = (text) => /^(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number);
  const [to, from] = [parts(version), parts(current)];
  const found = [];
  if (!to) found.push(`${version} is no version: three numbers, as in 1.2.3`);
  else if (from) {
    const differing = to.findIndex((part, i) => part !== from[i]);
    const isFirst = differing < 0 && !tags.includes(`v${version}`);
    if (!isFirst && !(differing >= 0 && to[differing] > from[differing])) {
      found.push(`${version} does not come after ${current}`);
    }
  }
  if (tags.includes(`v${version}`)) found.push(`the tag v${version} exists`);
  if (branch !== 'main') found.push(`this is ${branch || 'no branch'}: releases are made on main`);
  if (changes !== '') found.push('the working tree has changes');
  return found;
}

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

function rewrite(file, change, dryRun) {
  const path = join(root, file);
  const text = change(readFileSync(path, 'utf8'));
  if (!dryRun) writeFileSync(path, text);
  return file;
}

function release(version, dryRun) {
  const { version: current } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const facts = {
    ...{ version, current, branch: git('branch', '--show-current') },
    changes: git('status', '--porcelain'),
    tags: git('tag', '--list').split('\n'),
  };
  const found = obstacles(facts);
  if (found.length > 0) {
    for (const what of found) process.stderr.write(`error  ${what}\n`);
    return 1;
  }
  const day = new Date().toISOString().slice(0, 10);
  const withVersion = (text) => text.replace(`"version": "${current}"`, `"version": "${version}"`);
  // In the lock file the version stands twice, first of all: for the file, and for its root package.
  const files = [
    rewrite('CHANGELOG.md', (text) => releasedChangelog(text, version, day), dryRun),
    rewrite('package.json', withVersion, dryRun),
    rewrite('package-lock.json', (text) => withVersion(withVersion(text)), dryRun),
  ];
  process.stderr.write(`${dryRun ? 'would change' : 'changed'} ${files.join(', ')}\n`);
  process.stderr.write('.ci/run\n');
  if (!dryRun) {
    execFileSync(join(root, '.ci/run'), { cwd: root, stdio: 'inherit' });
    git('commit', '--quiet', '-m', `zerogpu ${version}`, '--', ...files);
    git('tag', '-a', `v${version}`, '-m', `zerogpu ${version}`);
  }
  process.stdout.write(`git push --follow-tags\nnpm publish\n`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean', default: false } },
  });
  const [version] = positionals;
  if (version === undefined) {
    process.stderr.write('node bin/dev/release.js VERSION [--dry-run]\n');
    process.exitCode = 2;
  } else {
    try {
      process.exitCode = release(version, values['dry-run']);
    } catch (error) {
      process.stderr.write(`error  ${error.message}\n`);
      process.exitCode = 1;
    }
  }
}
