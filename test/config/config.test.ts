/** Settings: which place wins, what `config` writes, and that `run` follows it. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, resolveSetting, withKey } from '../../src/config/origins.js';
import { zerogpu } from '../support/cli.js';
import { temporaryFolder } from '../support/supervise.js';

const SPEC = { key: 'run.gpus', variable: 'ZEROGPU_GPUS', fallback: '1' };
const source = (content: object) => ({ file: 'f', content });

describe('where a setting comes from', () => {
  it.each([
    [{ ZEROGPU_GPUS: '4' }, { run: { gpus: 3 } }, { run: { gpus: 2 } }, 'environment', '4'],
    [{ ZEROGPU_GPUS: ' ' }, { run: { gpus: 3 } }, { run: { gpus: 2 } }, 'zerogpu.json', 3],
    [{}, { run: {} }, { run: { gpus: 2 } }, 'user', 2],
    [{}, {}, {}, 'default', '1'],
  ])('%j, %j, %j: %s', (env, space, user, origin, value) => {
    expect(resolveSetting(SPEC, env, source(space), source(user))).toMatchObject({ origin, value });
  });

  it('keeps every other key when one is set, and nothing of it when it is unset', () => {
    const part = fc.stringMatching(/^[a-z]{1,4}$/);
    const content = fc.dictionary(part, fc.oneof(fc.integer(), fc.dictionary(part, fc.integer())));
    fc.assert(
      fc.property(content, part, part, fc.integer(), (before, first, second, value) => {
        const key = `${first}.${second}`;
        const after = withKey(before, key, value);
        expect(at(after, key)).toBe(value);
        for (const other of Object.keys(before)) {
          if (other !== first) expect(at(after, other)).toEqual(before[other]);
        }
        expect(at(withKey(after, key, undefined), key)).toBeUndefined();
      }),
    );
  });
});

/** A home of its own, and a folder with an app in it. */
function fresh() {
  const home = temporaryFolder();
  const space = join(home, 'space');
  mkdirSync(space);
  const env = { XDG_CONFIG_HOME: join(home, 'settings'), XDG_STATE_HOME: join(home, 'state') };
  const file = join(env.XDG_CONFIG_HOME, 'zerogpu/config.json');
  const ask = (...args: string[]) => zerogpu(['config', ...args], { cwd: space, env });
  return { space, env, file, ask, json: join(space, 'zerogpu.json') };
}

describe('zerogpu config', () => {
  it('sets, shows and removes, in a file of the user alone', async () => {
    const { ask, file } = fresh();
    expect((await ask('get', 'run.gpus')).stdout).toBe('1\n');
    expect((await ask('get', 'run.vram')).code).toBe(1);
    expect((await ask('set', 'run.gpus', '2')).code).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ run: { gpus: 2 } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const listed = await ask('list', '--json');
    expect(JSON.parse(listed.stdout).settings).toContainEqual({
      ...{ key: 'run.gpus', value: 2, origin: 'user', where: file },
    });
    await ask('unset', 'run.gpus');
    expect((await ask('get', 'run.gpus')).stdout).toBe('1\n');
    expect((await ask('path')).stdout).toBe(`${file}\n`);
  });

  it('takes what looks like a number or a switch as text where text is meant', async () => {
    const { ask, file } = fresh();
    for (const [key, value] of [
      ...[
        ['run.owner', '123'],
        ['run.owner', 'true'],
        ['run.ascii', 'true'],
        ['run.port', '0'],
      ],
    ]) {
      expect(await ask('set', key ?? '', value ?? '')).toMatchObject({ code: 0 });
      const { code, stdout } = await ask('get', key ?? '');
      expect([code, stdout]).toEqual([0, `${value}\n`]);
    }
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      run: { owner: 'true', ascii: true, port: 0 },
    });
  });

  it('writes the zerogpu.json of a Space, and leaves the rest of it as it is', async () => {
    const { ask, json, file } = fresh();
    writeFileSync(json, '{"$schema": "x", "check": {"strict": true}}');
    expect((await ask('set', 'run.duration', '90', '--space')).code).toBe(0);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual({
      ...{ $schema: 'x', check: { strict: true }, run: { duration: '90' } },
    });
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    [['set', 'run.as', 'true'], '--as is "true"'],
    [['set', 'run.gpus', 'true'], '--gpus is "true"'],
    [['set', 'account', 'maybe'], 'account'],
    [['set', 'run.gups', '2'], 'there is no setting "run.gups"'],
    [['set', 'run.gpus', 'many'], '--gpus is "many"'],
    [['set', 'run.as', 'nobody!'], '--as is "nobody!"'],
    [['set', 'platform', 'h100'], '"h100"'],
    [['set', 'run.host', '0.0.0.0', '--space'], 'there is no setting "run.host" here'],
    [['get', 'nothing'], 'there is no setting "nothing"'],
  ])('refuses %j, and writes nothing', async (args, message) => {
    const { ask, file, json } = fresh();
    const { code, stderr } = await ask(...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(file) || existsSync(json)).toBe(false);
  });
});

describe('zerogpu run', () => {
  const run = (args: string[], { space, env }: ReturnType<typeof fresh>, more = {}) =>
    zerogpu(['run', ...args], { cwd: space, env: { ...env, ...more } });

  it('uses the flag, the variable, zerogpu.json, the user’s settings, in this order', async () => {
    const place = fresh();
    // Each place has a value that can't be used: the error tells which of them was taken.
    await place.ask('set', 'run.vram', '1GB');
    writeFileSync(place.file, '{"run": {"vram": "user"}}');
    expect((await run([], place)).stderr).toContain('--vram is "user"');
    writeFileSync(place.json, '{"run": {"vram": "space"}}');
    const bySpace = await run([], place);
    expect(bySpace.stderr).toContain('--vram is "space"');
    expect(bySpace.stderr).toContain('It comes from zerogpu.json');
    const byVariable = await run([], place, { ZEROGPU_VRAM: 'variable' });
    expect(byVariable.stderr).toContain('--vram is "variable"');
    const byFlag = await run(['--vram', 'flag'], place, { ZEROGPU_VRAM: 'variable' });
    expect(byFlag.stderr).toContain('--vram is "flag"');
    expect(byFlag.stderr).not.toContain('It comes from');
  });

  it('lets no zerogpu.json say where to listen or what to start', async () => {
    const place = fresh();
    writeFileSync(place.json, '{"run": {"python": "/bin/evil", "durations": "1s"}}');
    const { code, stderr } = await run([], place);
    expect(code).toBe(2);
    expect(stderr).toContain('run.python: unknown key');
    expect(stderr).toContain('run.durations: unknown key; did you mean duration?');
  });
});
