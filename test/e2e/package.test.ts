/** The package as somebody gets it: packed, installed globally in an empty home, without our sources. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { testPython } from '../support/e2e/space.js';

const ROOT = resolve(import.meta.dirname, '../..');
const MOST_BYTES = 15e6;

const scratch = mkdtempSync(join(tmpdir(), 'zerogpu-test-'));
const home = join(scratch, 'home');
const prefix = join(scratch, 'global');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}
let packed: Packed;

/** What a fresh account has: a home, a PATH with Node, the index that npm is set to use. */
function freshEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_(registry|cache|userconfig)|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|\w+_proxy)$/i.test(
      name,
    ),
  );
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    PATH: [join(prefix, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
  };
}

const run = (file: string, args: readonly string[], cwd = home) =>
  execFileSync(file, [...args], { cwd, env: freshEnvironment(), encoding: 'utf8', stdio: 'pipe' });

beforeAll(() => {
  mkdirSync(home);
  const npm = (...args: string[]) => execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  const said = npm('pack', '--json', '--ignore-scripts', '--pack-destination', scratch);
  [packed] = JSON.parse(said.slice(said.indexOf('['))) as [Packed];
  const registry = npm('config', 'get', 'registry').trim();
  const cache = npm('config', 'get', 'cache').trim();
  run('npm', [
    ...['install', '--global', '--prefix', prefix, '--registry', registry, '--cache', cache],
    ...['--prefer-offline', '--no-audit', '--no-fund', join(scratch, packed.filename)],
  ]);
});

describe('the package', () => {
  it('is small, runs nothing when it is installed, and has no file that is not for users', () => {
    expect(packed.unpackedSize).toBeLessThan(MOST_BYTES);
    const scripts = Object.keys(packageJson.scripts);
    const atInstall = /^(pre|post)?(install|prepare|publish)$/;
    expect(scripts.filter((name) => atInstall.test(name))).toEqual([]);
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => /^(src|test|bench|docs)\/|__pycache__|\.ts$/.test(path))).toEqual(
      [],
    );
    for (const path of ['LICENSE', 'README.md', 'bin/zerogpu.js', 'dist/cli.js']) {
      expect(paths).toContain(path);
    }
  });

  it('makes, checks and explains in an empty home', () => {
    expect(run('zerogpu', ['--version'])).toBe(`${packageJson.version}\n`);
    const next = run('zerogpu', ['init', 'my-space', '--template', 'tested', '--no-git']);
    expect(next).toContain('zerogpu check my-space');
    expect(run('zerogpu', ['check', '--strict', 'my-space'])).toContain('my-space fits h200');
    expect(run('zerogpu', ['explain', 'ZG201'])).toContain('ZG201');
    expect(run('zerogpu', ['config', 'list'])).toContain('run.gpus');
    expect(run('zerogpu', ['completion', 'bash'])).toContain('complete -o');
    expect(JSON.parse(run('zerogpu', ['doctor', '--json', '--state-dir', home])).version).toBe(1);
  });

  it('runs that Space, with its tests', { timeout: 240_000 }, () => {
    const flags = ['--python', testPython(), '--port', '0', '--log-format', 'json'];
    const tests = [
      '--',
      testPython(),
      '-m',
      'pytest',
      '-q',
      '-p',
      'no:cacheprovider',
      'my-space/tests',
    ];
    const events = join(scratch, 'events.ndjson');
    const said = run('zerogpu', ['run', 'my-space', ...flags, '--events', events, ...tests]);
    expect(said).toContain('4 passed');
    expect(readFileSync(events, 'utf8')).toContain('"refused"');
  });
});
