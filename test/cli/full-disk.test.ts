/** Commands whose state folder is on a disk without room, or without inodes: one error, and no stack. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asSystemError } from '../../src/shared/system-error.js';
import { zerogpu } from '../support/cli.js';

const BIN = resolve(import.meta.dirname, '../../bin/zerogpu.js');
const state = mkdtempSync(join(tmpdir(), 'zerogpu-full-'));
afterAll(() => rmSync(state, { recursive: true, force: true }));

const FULL = 'head -c 100000 /dev/zero > "$0/filler" 2>/dev/null;';
const below = (options: string, fill: string, ...command: readonly string[]) =>
  spawnSync(
    'unshare',
    [
      '-rm',
      'sh',
      '-c',
      `mount -t tmpfs -o ${options} none "$0" && { ${fill} exec "$@"; }`,
      state,
    ].concat(command),
    { encoding: 'utf8' },
  );
const canMount = below('size=64k', '', 'true').status === 0;

describe.skipIf(!canMount)('a disk that is full', () => {
  beforeAll(() => zerogpu(['--version']));

  it.each([
    ['size=64k', FULL, ['serve', '--for', '0.1s']],
    ['size=64k', FULL, ['serve', '--fresh', '--for', '0.1s']],
    // Each fails at another file.
    ['nr_inodes=2', '', ['serve', '--for', '0.1s']],
    ['nr_inodes=6', '', ['serve', '--for', '0.1s']],
  ])('is one error: %s%s %j', (options, fill, args) => {
    const { status, stderr } = below(
      options,
      fill,
      process.execPath,
      BIN,
      ...args,
      '--state-dir',
      state,
    );
    expect(status).toBe(3);
    expect(stderr).toMatch(/^error {2}.*E_(SYSTEM|STATE_DIR|LEDGER_WRITE)$/m);
    expect(stderr).not.toMatch(/^\s+at \S+ \(/m);
  });
});

describe('an error of the operating system', () => {
  it('says what, where and what helps', () => {
    let thrown: unknown;
    try {
      writeFileSync('/dev/full', 'x');
    } catch (error) {
      thrown = error;
    }
    expect(asSystemError(thrown)).toMatchObject({
      ...{ code: 'E_SYSTEM', exitCode: 3, message: 'the disk is full' },
      why: expect.stringContaining('ENOSPC'),
    });
    const error = Object.assign(new Error('ENOSPC: mkdir'), { code: 'ENOSPC', path: '/a' });
    expect(asSystemError(error)?.fix).toEqual(['make room, then again', 'df -h /a; df -i /a']);
  });

  it.each([new Error('x'), Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }), 'x'])(
    'of another kind is a bug: %s',
    (error) => expect(asSystemError(error)).toBe(null),
  );
});
