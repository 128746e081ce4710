import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/shared/clock.js';
import { notifyOfUpdate, updateFolder } from '../../src/update/index.js';
import { noteNewest } from '../../src/update/newest.js';
import { temporaryFolder } from '../support/supervise.js';

const DAY_MS = 86_400_000;
let home: string;
let env: Record<string, string>;
let nowMs: number;
let asked: string[];

const clock: Clock = {
  now: () => ({ wallMs: nowMs, monotonicMs: nowMs }),
  after: () => ({ cancel() {} }),
};

/** What a command says at its end. */
function notice(argv: readonly string[] = ['check'], isTTY = true): string {
  let said = '';
  const stderr = {
    isTTY,
    write(text: string) {
      said += text;
    },
  };
  const world = { env, stdout: { isTTY }, stderr };
  notifyOfUpdate(argv, world, '0.1.0', clock, (folder) => asked.push(folder));
  return said;
}

/** An `npm` that says this, and ends so. */
function npmSays(text: string, code = 0): void {
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\nprintf '%s' '${text}'\nexit ${code}\n`);
  chmodSync(join(bin, 'npm'), 0o755);
  env['PATH'] = `${bin}:/usr/bin:/bin`;
}

beforeEach(() => {
  home = temporaryFolder();
  env = { HOME: home };
  nowMs = 50 * DAY_MS;
  asked = [];
});

describe('the first command on a terminal', () => {
  it('says that npm will be asked, and lets it be asked', () => {
    expect(notice()).toContain('ZEROGPU_NO_UPDATE_CHECK=1');
    expect(asked).toEqual([join(home, '.cache', 'zerogpu')]);
  });

  it('says and asks nothing in a pipe, in CI, or where that is switched off', () => {
    expect(notice(['check'], false)).toBe('');
    env['CI'] = '1';
    expect(notice()).toBe('');
    env = { HOME: home, ZEROGPU_NO_UPDATE_CHECK: '1' };
    expect(notice()).toBe('');
    expect(asked).toEqual([]);
  });
});

describe('what npm says', () => {
  it('is reported by the next command, and asked for again a day later', async () => {
    npmSays('0.3.1');
    await noteNewest(updateFolder(env), env, clock);
    expect(notice()).toBe(
      '\nzerogpu 0.3.1 is out; this is 0.1.0\n  npm install -g zerogpu@latest\n',
    );
    expect(asked).toEqual([]);
    nowMs += DAY_MS;
    notice();
    expect(asked).toHaveLength(1);
  });

  it('is in a file of the user alone', async () => {
    npmSays('0.3.1');
    await noteNewest(updateFolder(env), env, clock);
    const file = join(updateFolder(env), 'update.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      askedAtMs: nowMs,
      latest: '0.3.1',
    });
  });

  it.each([
    ['nothing, without a network', '', 1],
    ['a page of a proxy', '<html>log in</html>', 0],
    ['a version, but fails', '9.9.9', 1],
  ])(
    'may be %s: nothing is printed, what was known stays, and the day is over',
    async (_, text, code) => {
      npmSays('0.3.1');
      await noteNewest(updateFolder(env), env, clock);
      nowMs += DAY_MS;
      npmSays(text, code);
      await noteNewest(updateFolder(env), env, clock);
      expect(notice()).toContain('0.3.1');
      expect(asked).toEqual([]);
    },
  );

  it('may be impossible to hear: no npm, and a file that is broken', async () => {
    mkdirSync(updateFolder(env), { recursive: true });
    writeFileSync(join(updateFolder(env), 'update.json'), '{"askedAt');
    env['PATH'] = join(home, 'nothing');
    await noteNewest(updateFolder(env), env, clock);
    expect(notice()).toBe('');
    expect(asked).toEqual([]);
  });
});
