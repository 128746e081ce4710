import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { followLog, lastLines } from '../../src/lifecycle/read-log.js';
import { createHider, redact, secretsOf } from '../../src/lifecycle/redact.js';
import { EARLIER, listLogs, makeLog, openLog } from '../../src/lifecycle/run-logs.js';
import { temporaryFolder } from '../support/supervise.js';

const HUB_TOKEN = `hf_${'a1B2'.repeat(8)}`;
const SIGNED = `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWI'.repeat(3)}.${'c2ln'.repeat(4)}`;

describe('a log', () => {
  it('is for this user alone, and the last five of a Space are kept', () => {
    const state = temporaryFolder();
    const made = [0, 1, 2, 3, 4, 5, 6].map((second) =>
      makeLog(state, '/a/hello', second * 1_000, 9),
    );
    expect(listLogs(state, '/a/hello')).toEqual(made.slice(2).reverse());
    expect(statSync(String(made[6])).mode & 0o777).toBe(0o600);
    expect(listLogs(state, '/b/hello')).toEqual([]);
    writeFileSync(join(state, 'file'), '');
    expect(makeLog(join(state, 'file'), '/a/hello', 0, 9)).toBeNull();
  });

  it('has no token, of whatever form', () => {
    const secrets = secretsOf(
      { HF_TOKEN: 'not-like-a-token', MY_API_KEY: 'short', PATH: '/usr/bin:/usr/local/bin' },
      { WEBHOOK: 'https://hooks/abcdef' },
    );
    const line = `token ${HUB_TOKEN} signed ${SIGNED} own not-like-a-token at https://hooks/abcdef /usr/bin short`;
    expect(redact(line, secrets)).toBe(
      'token [secret] signed [secret] own [secret] at [secret] /usr/bin short',
    );
    expect(redact('hf_hub_download of hf_transfer', secrets)).toBe(
      'hf_hub_download of hf_transfer',
    );
  });

  it('has no value that the user gave, in whatever form: a line of it, or as JSON', () => {
    const hide = createHider({
      ...{ PIN_SECRET: '1234', MODE: 'fast', QUOTED: 'say "hello" there', NONE: '' },
      KEY: '-----BEGIN KEY-----\nQUJDREVG\nab\n',
    });
    const value = '-----BEGIN KEY-----\nQUJDREVG\nab\n';
    expect(hide(JSON.stringify({ value }))).toBe('{"value":"[secret]"}');
    expect(hide('pin 1234 fast QUJDREVG ab')).toBe('pin [secret] fast [secret] ab');
    expect(hide(`${JSON.stringify('say "hello" there')} say "hello" there`)).toBe(
      '"[secret]" [secret]',
    );
  });

  it('continues in a new file when it is large, and is read as one', () => {
    const path = join(temporaryFolder(), 'run.log');
    const log = openLog(path, ['secretvalue'], 24);
    const reader = followLog(path);
    log.write('first secretvalue');
    expect(reader.next()).toBe('first [secret]\n');
    log.write('the second line');
    log.close();
    log.write('after its end');
    expect(existsSync(path + EARLIER)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('the second line\n');
    expect(reader.next()).toBe('the second line\n');
    expect(lastLines(path, 1)).toEqual(['the second line']);
    expect(lastLines(path, Number.POSITIVE_INFINITY)).toEqual([
      'first [secret]',
      'the second line',
    ]);
    expect(lastLines(path, 0)).toEqual([]);
  });

  it('is followed line by line, in whatever pieces it is written', () => {
    const path = join(temporaryFolder(), 'run.log');
    writeFileSync(path, 'before\n');
    const reader = followLog(path);
    appendFileSync(path, 'ha');
    expect(reader.next()).toBe('');
    appendFileSync(path, 'lf ü\nnext');
    expect(reader.next()).toBe('half ü\n');
    appendFileSync(path, '\n');
    expect(reader.next()).toBe('next\n');
    expect(reader.next()).toBe('');
  });
});
