import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findOnPath } from '../../src/shared/find-program.js';
import { temporaryFolder } from '../support/supervise.js';

const ROOT = resolve(import.meta.dirname, '../..');
const LOG = '# Changelog\n\n## Unreleased\n\n- News.\n\n## 0.1.0 (2026-01-01)\n\n- First.\n';

/** A repository with the release script, whose CI only notes that it ran. */
function repository(): string {
  const dir = temporaryFolder();
  mkdirSync(join(dir, 'bin/dev'), { recursive: true });
  for (const name of ['release.js', 'prepare.js']) {
    cpSync(join(ROOT, 'bin/dev', name), join(dir, 'bin/dev', name));
  }
  mkdirSync(join(dir, '.ci'));
  writeFileSync(join(dir, '.ci/run'), '#!/bin/sh\ntouch .git/ci-ran\n', { mode: 0o755 });
  const head = { name: 'zerogpu', version: '0.1.0' };
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ ...head, type: 'module' }, null, 2));
  const lock = { ...head, packages: { '': head, other: { version: '0.1.0' } } };
  writeFileSync(join(dir, 'package-lock.json'), JSON.stringify(lock, null, 2));
  writeFileSync(join(dir, 'CHANGELOG.md'), LOG);
  git(dir, 'init', '--quiet', '--initial-branch', 'main');
  git(dir, 'add', '-A');
  git(dir, 'commit', '--quiet', '-m', 'First');
  return dir;
}

function git(dir: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
  return execFileSync('git', [...who, ...args], { cwd: dir, encoding: 'utf8' }).trim();
}

function release(dir: string, ...args: readonly string[]) {
  const who = { GIT_AUTHOR_NAME: 't', GIT_AUTHOR_EMAIL: 't@example.com' };
  const env = {
    ...{ ...process.env, ...who, GIT_COMMITTER_NAME: 't' },
    GIT_COMMITTER_EMAIL: 't@example.com',
  };
  const script = join(dir, 'bin/dev/release.js');
  try {
    const stdout = execFileSync(process.execPath, [script, ...args], {
      ...{ cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, stdout, stderr };
  }
}

const read = (dir: string, name: string) => readFileSync(join(dir, name), 'utf8');

describe.skipIf(!findOnPath('git', process.env))('a release', () => {
  it('moves the changelog and the versions, after CI, into a commit with its tag', () => {
    const dir = repository();
    const { code, stdout } = release(dir, '0.2.0');
    expect(code).toBe(0);
    expect(stdout).toBe('git push --follow-tags\nnpm publish\n');
    expect(read(dir, 'CHANGELOG.md')).toMatch(
      /^# Changelog\n\n## Unreleased\n\n## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n- News\.\n\n## 0\.1\.0 /,
    );
    expect(JSON.parse(read(dir, 'package.json')).version).toBe('0.2.0');
    const { version, packages } = JSON.parse(read(dir, 'package-lock.json'));
    expect([version, packages[''].version, packages.other.version]).toEqual([
      ...['0.2.0', '0.2.0', '0.1.0'],
    ]);
    expect(read(dir, '.git/ci-ran')).toBe('');
    expect(git(dir, 'status', '--porcelain')).toBe('');
    expect(git(dir, 'log', '-1', '--format=%s %D')).toContain('zerogpu 0.2.0 HEAD -> main, tag: v');
  });

  it('changes nothing when it is dry', () => {
    const dir = repository();
    expect(release(dir, '0.2.0', '--dry-run')).toMatchObject({ code: 0 });
    expect(git(dir, 'status', '--porcelain') + git(dir, 'tag')).toBe('');
    expect(git(dir, 'rev-list', '--count', 'HEAD')).toBe('1');
  });

  it('may be of the version that stands there, when that was never released', () => {
    const dir = repository();
    expect(release(dir, '0.1.0', '--dry-run')).toMatchObject({ code: 0 });
    git(dir, 'tag', 'v0.1.0');
    expect(release(dir, '0.1.0', '--dry-run')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the tag v0.1.0 exists'),
    });
  });

  it.each([
    ['0.0.9', /0\.0\.9 does not come after 0\.1\.0/],
    ['next', /next is no version/],
  ])('of %s is refused', (version, why) => {
    expect(release(repository(), version).stderr).toMatch(why);
  });

  it('is refused with changes lying about, on another branch, and with nothing to tell', () => {
    const dir = repository();
    git(dir, 'switch', '--quiet', '--create', 'other');
    writeFileSync(join(dir, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n## 0.1.0\n');
    const { code, stderr } = release(dir, '0.2.0');
    expect(code).toBe(1);
    expect(stderr).toContain('this is other: releases are made on main');
    expect(stderr).toContain('the working tree has changes');
    git(dir, 'commit', '--quiet', '--all', '-m', 'Empty');
    git(dir, 'branch', '--quiet', '--force', 'main');
    git(dir, 'switch', '--quiet', 'main');
    const empty = release(dir, '0.2.0');
    expect(empty.code).toBe(1);
    expect(empty.stderr).toContain('CHANGELOG.md has nothing under "## Unreleased"');
    expect(git(dir, 'tag')).toBe('');
  });
});
