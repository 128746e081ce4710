import { PassThrough, Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { snapshotSchema } from '../../src/allocator/client/snapshot.js';
import { HubError } from '../../src/hub/errors.js';
import type { Hub } from '../../src/hub/port.js';
import { UserError } from '../../src/shared/errors.js';
import type { AccountSource } from '../../src/tui/account/read.js';
import { quota } from '../../src/tui/index.js';
import { parseQuotaOptions, type RawQuotaOptions } from '../../src/tui/options.js';
import { fakeClient } from '../support/tui/client.js';
import { busySnapshot, emptySnapshot } from '../support/tui/snapshots.js';

/** A process whose ends are a terminal or not, and an allocator that says one thing. */
function world(isTTY: boolean, env: Record<string, string> = {}, snapshot = busySnapshot()) {
  const client = fakeClient(snapshot);
  const interruption = new AbortController();
  let written = '';
  const stdout = new Writable({
    write(part, _encoding, done) {
      written += String(part);
      done();
    },
  });
  const stdin = Object.assign(Readable.from([]), { isTTY });
  const ask = (
    raw: RawQuotaOptions,
    find = () => ({ url: 'http://a', client }),
    account: AccountSource | null = null,
  ) =>
    quota(
      raw,
      { env, stdin, stdout: Object.assign(stdout, { isTTY }), interrupted: interruption.signal },
      find,
      account,
    );
  return { client, ask, written: () => written, interrupt: () => interruption.abort('SIGINT') };
}

describe('zerogpu quota without a terminal', () => {
  it('prints a table that programs can cut', async () => {
    const { ask, written, client } = world(false);
    expect(await ask({})).toBe(0);
    const rows = written()
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows[0]).toEqual(['visitor', 'tier', 'used_s', 'left_s', 'resets_at']);
    expect(rows[1]?.slice(0, 4)).toEqual(['pro:lin', 'pro', '380', '1120']);
    expect(rows[1]?.[4]).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(rows).toHaveLength(5);
    expect(client.closed).toBe(true);
  });

  it.each([
    ['--once', true, { once: true }, {}],
    ['CI', true, {}, { CI: 'true' }],
    ['a dumb terminal', true, {}, { TERM: 'dumb' }],
  ])('prints it for %s too, without a code for the cursor', async (_name, isTTY, raw, env) => {
    const { ask, written } = world(isTTY, env, emptySnapshot());
    await ask(raw);
    expect(written()).toBe('visitor\ttier\tused_s\tleft_s\tresets_at\n');
  });

  it('prints one object, or one a line', async () => {
    const once = world(true);
    await once.ask({ json: true });
    expect(snapshotSchema.parse(JSON.parse(once.written()))).toEqual(busySnapshot());

    const { ask, written, client, interrupt } = world(false);
    const ending = ask({ watch: '2' });
    await expect.poll(() => client.watchers).toBe(1);
    client.send(emptySnapshot());
    interrupt();
    expect(await ending).toBe(0);
    expect(client.asked).toEqual(['watch 2']);
    const totals = written()
      .trimEnd()
      .split('\n')
      .map((line) => snapshotSchema.parse(JSON.parse(line)).queue.total);
    expect(totals).toEqual(expect.arrayContaining([0]));
  });

  it('prints what the emulator says when the account can not be read, then why', async () => {
    const refused = new HubError('E_HUB_TOKEN', 'no token', { fix: 'hf auth login' });
    const hub = { accountQuota: () => Promise.reject(refused) } as unknown as Hub;
    const account = {
      hub,
      functions: [],
      hostingLimits: { free: 1, pro: 1 },
      tiers: [],
      wallMs: () => 0,
    };
    const { ask, written, client } = world(false);
    await expect(ask({ json: true }, undefined, account)).rejects.toBe(refused);
    const { account: shown, ...local } = JSON.parse(written());
    expect(shown).toBeNull();
    expect(snapshotSchema.parse(local)).toEqual(busySnapshot());
    expect(client.closed).toBe(true);
  });

  it('says that the emulator went away', async () => {
    const { ask, client } = world(false);
    const ending = ask({ watch: '2' });
    const failed = expect(ending).rejects.toMatchObject({ code: 'E_ALLOCATOR_GONE', exitCode: 3 });
    await expect.poll(() => client.watchers).toBe(1);
    client.drop('the connection was reset');
    await failed;
  });

  it('says that no emulator runs, and how to start one', async () => {
    const { ask } = world(false);
    await expect(ask({}, () => null as never)).rejects.toMatchObject({
      message: 'neither zerogpu run nor zerogpu serve is running here',
      fix: ['zerogpu run'],
      exitCode: 3,
    });
  });

  it('survives a reader that leaves', async () => {
    const { client } = world(false);
    const stdout = new PassThrough();
    const ending = quota(
      { watch: '1' },
      { env: {}, stdin: Readable.from([]), stdout, interrupted: new AbortController().signal },
      () => ({ url: 'http://a', client }),
    );
    await expect.poll(() => client.watchers).toBe(1);
    stdout.destroy();
    expect(await ending).toBe(0);
  });
});

describe('its options', () => {
  it.each([
    [{ color: 'pink' }, '--color is "pink"'],
    [{ watch: 'soon' }, '--watch is "soon"'],
    [{ rate: '9h' }, '--rate is "9h"'],
    [{ watch: '2', once: true }, '--watch and --once'],
  ])('%o is refused by name', (raw, message) => {
    expect(() => parseQuotaOptions(raw, true)).toThrow(UserError);
    expect(() => parseQuotaOptions(raw, true)).toThrow(message);
  });

  it('choose how it shows', () => {
    expect(parseQuotaOptions({}, true).mode).toBe('live');
    expect(parseQuotaOptions({}, true, true).mode).toBe('agent');
    expect(parseQuotaOptions({ once: true }, true, true).mode).toBe('table');
    expect(parseQuotaOptions({ json: true }, false, true).mode).toBe('json');
    expect(parseQuotaOptions({ watch: '2' }, false, true).mode).toBe('stream');
    expect(parseQuotaOptions({ format: 'agent' }, true).mode).toBe('agent');
    expect(parseQuotaOptions({ format: 'table' }, true, true).mode).toBe('table');
    expect(() => parseQuotaOptions({ format: 'yaml' }, true)).toThrow('--format is "yaml"');
    expect(parseQuotaOptions({ rate: '0.5s' }, true).everySeconds).toBe(0.5);
  });
});
