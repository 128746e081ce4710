/** What cannot start says so in one error with its fix, and leaves nothing running. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixture, runToEnd, testPython } from '../support/e2e/space.js';

const run = (dir: string, ...args: string[]) =>
  runToEnd(['run', dir, '--python', testPython(), '--port', '0', ...args]);

/** The one error of a run: its code line, and that nothing else went wrong. */
function expectOneError(stderr: string, code: string): void {
  expect(stderr.match(/\[E_[A-Z_]+\]|\bE_[A-Z_]+\b/g)).toEqual([expect.stringContaining(code)]);
  expect(stderr).toMatch(/^\s*fix/m);
  expect(stderr).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
}

describe('an app that does not start', () => {
  it('crashes at import', async () => {
    const ended = await run(fixture('crashes-at-import'));
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expectOneError(ended.stderr, 'E_APP_CRASHED');
    // Python's own words come with it.
    expect(ended.stderr).toContain('Traceback');
  });

  it('never listens', async () => {
    const ended = await run(fixture('never-listens'), '--start-timeout', '4s');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expectOneError(ended.stderr, 'E_APP_SILENT');
  });

  it('has a port that is taken', async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    const ended = await run(fixture('everything'), '--port', port);
    server.close();
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expectOneError(ended.stderr, 'E_PORT_TAKEN');
    expect(ended.stderr).toContain(`${process.pid}`);
  });
});

describe('a file of --env-file', () => {
  const bin = join(import.meta.dirname, '../../bin/zerogpu.js');
  const start = (file: string) =>
    spawnSync(bin, ['run', fixture('everything'), '--env-file', file], { encoding: 'utf8' });

  it('is read by zerogpu, not by the Node that runs it', () => {
    const missing = start('/no/such.env');
    expect(missing.status).toBe(2);
    expectOneError(missing.stderr, 'E_USAGE');
    const folder = mkdtempSync(join(tmpdir(), 'zerogpu-env-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'node.env');
    writeFileSync(file, 'NODE_OPTIONS=--require=/no/such.js\n=\n');
    const applied = start(file);
    expect(applied.stderr).toContain(', line 2 ');
    expectOneError(applied.stderr, 'E_USAGE');
  });
});

describe('a value of --env-file', () => {
  it('is printed nowhere, not even by the app that it is for', async () => {
    const state = mkdtempSync(join(tmpdir(), 'zerogpu-env-'));
    onTestFinished(() => rmSync(state, { recursive: true, force: true }));
    const [file, events] = [join(state, 'given.env'), join(state, 'events')];
    const key = 'c0ffee-c0ffee-1';
    writeFileSync(file, `API_KEY="${key}"\nPEM='BEGIN\n${key}-2\n'\nUNREAD=${key}-3\n`);
    const outputs = await Promise.all(
      [['--log-format', 'json', '--events', events], ['--detach']].map((flags) =>
        run(
          fixture('prints-its-key'),
          ...['--env-file', file, '--state-dir', join(state, flags[0] ?? ''), ...flags],
        ),
      ),
    );
    rmSync(file);
    for (const { code, stderr } of outputs) {
      expect(code).toBe(1);
      expect(stderr).toContain('key: [secret]');
      expect(stderr).toContain('ValueError: [secret] is refused');
      expect(stderr).toContain('app.py:6 reads NOT_GIVEN, which is not set');
      expect(stderr).not.toContain('c0ffee');
    }
    const files = readdirSync(state, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.endsWith('.log'))).toHaveLength(2);
    for (const name of files) {
      const path = join(state, name);
      if (statSync(path).isFile())
        expect(readFileSync(path, 'latin1'), name).not.toContain('c0ffee');
    }
  });
});

describe('a Python that does not fit', () => {
  it('is not there', async () => {
    const ended = await runToEnd(['run', fixture('everything'), '--python', '/no/such/python']);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expectOneError(ended.stderr, 'E_PYTHON_NOT_FOUND');
  });

  it('is nowhere on PATH', async () => {
    const env = { HOME: process.env['HOME'], PATH: '/nowhere' };
    const ended = await runToEnd(['run', fixture('everything')], env);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expectOneError(ended.stderr, 'E_PYTHON_NOT_FOUND');
  });

  it('may not be made with --no-install', async () => {
    const env = { HOME: process.env['HOME'], PATH: '/usr/bin:/bin' };
    const ended = await runToEnd(['run', fixture('everything'), '--no-install'], env);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expectOneError(ended.stderr, 'E_PYTHON_ENV');
  });
});

describe('requirements that cannot be installed', () => {
  it('are named by file and line', async () => {
    const ended = await runToEnd(['run', fixture('broken-requirements')], withoutEnvironment());
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expectOneError(ended.stderr, 'E_SPACE_REQUIREMENTS');
    expect(ended.stderr).toMatch(/requirements\.txt:\d+/);
  });
});

/** The user's environment without an activated virtual one. */
function withoutEnvironment(): NodeJS.ProcessEnv {
  const { VIRTUAL_ENV: _venv, CONDA_PREFIX: _conda, ...env } = process.env;
  return env;
}
