import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backOffMs, readLimit } from '../../src/hub/pace.js';
import { readHubSettings } from '../../src/hub/settings.js';
import { createWhoMemo, whoFile } from '../../src/hub/who-memo.js';
import { SECRET, settingsFor } from '../support/hub/stub.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'zerogpu-hub-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('settings of the Hub', () => {
  it('are those of the public Hub when nothing is said', async () => {
    const settings = await readHubSettings({ HOME: dir });
    expect(settings).toMatchObject({ token: null, offline: false });
    expect(settings.endpoint).toBe('https://huggingface.co');
    expect(settings.cacheDir).toBe(join(dir, '.cache/huggingface/hub'));
  });

  it('take the token from the variable, else from its file', async () => {
    writeFileSync(join(dir, 'token'), ' hf_stored\n');
    writeFileSync(join(dir, 'other'), 'hf_other');
    const tokenOf = async (env: Record<string, string>) =>
      (await readHubSettings({ HF_HOME: dir, ...env })).token?.reveal();
    expect(await tokenOf({})).toBe('hf_stored');
    expect(await tokenOf({ HF_TOKEN: '' })).toBe('hf_stored');
    expect(await tokenOf({ HF_TOKEN_PATH: join(dir, 'other') })).toBe('hf_other');
    expect(await tokenOf({ HF_TOKEN: ' hf_said ' })).toBe('hf_said');
  });

  it('show no token, and no address with a password', async () => {
    const settings = await readHubSettings({ HOME: dir, HF_TOKEN: SECRET });
    const shown = `${inspect(settings, { showHidden: true, depth: 9 })}${JSON.stringify(settings)}${settings.token}`;
    expect(shown).not.toContain(SECRET);
    const wrong = readHubSettings({ HF_ENDPOINT: 'https://me:secret@hub.test' });
    await expect(wrong).rejects.toThrow(/^(?!.*secret).*HF_ENDPOINT/);
    await expect(readHubSettings({ HF_TOKEN: 'a\nb' })).rejects.toMatchObject({
      code: 'E_HUB_TOKEN',
    });
  });

  it('send the name of a local visitor to a local Hub and to no other', async () => {
    const names = [
      'pro',
      'PRO',
      'free:ada',
      'hf_pro:ann',
      'pro:\u00fcn\u00ef',
      'pro:ann:x',
      'hf_oauth_local_x',
    ];
    for (const HF_TOKEN of names) {
      const env = { HOME: dir, HF_TOKEN };
      await expect(readHubSettings(env), HF_TOKEN).rejects.toMatchObject({ code: 'E_HUB_TOKEN' });
    }
    for (const HF_ENDPOINT of ['http://127.0.0.1:7870', 'http://localhost:1', 'http://[::1]:1']) {
      const { token } = await readHubSettings({ HOME: dir, HF_TOKEN: 'free:ada', HF_ENDPOINT });
      expect(token?.reveal()).toBe('free:ada');
    }
    for (const HF_TOKEN of ['\u00fcn\u00ef', 'a\rb', 'a b', 'a\u0000b', 'a\u007fb']) {
      await expect(readHubSettings({ HOME: dir, HF_TOKEN })).rejects.toMatchObject({
        code: 'E_HUB_TOKEN',
      });
    }
  });

  it('keep the path of an endpoint, without its last slash', async () => {
    const { endpoint } = await readHubSettings({ HOME: dir, HF_ENDPOINT: 'http://h.test:1/a/' });
    expect(endpoint).toBe('http://h.test:1/a');
  });
});

describe('pace', () => {
  it('reads the limit that binds', () => {
    expect(readLimit({ ratelimit: '"api";r=0;t=55' })).toEqual({ left: 0, resetSeconds: 55 });
    expect(readLimit({ ratelimit: '"api";r=3;t=9, "day";r=1;t=800' })).toEqual({
      left: 1,
      resetSeconds: 800,
    });
    expect(readLimit({ ratelimit: 'r=0' })).toBeNull();
    expect(readLimit({})).toBeNull();
  });

  it('takes any header without harm', () => {
    fc.assert(
      fc.property(fc.string(), (ratelimit) => {
        const limit = readLimit({ ratelimit });
        return limit === null || (limit.left >= 0 && limit.resetSeconds <= 3_600);
      }),
    );
  });

  it('pauses between half and the whole of a doubling time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const whole = Math.min(8_000, 500 * 2 ** (attempt - 1));
          const pause = backOffMs(attempt, random);
          return pause >= whole / 2 && pause <= whole;
        },
      ),
    );
  });
});

describe('who the account is', () => {
  it('is kept for 12 h, for this token and endpoint, in a private file', async () => {
    let now = 1_000;
    const file = whoFile({ XDG_CACHE_HOME: dir });
    const settings = settingsFor('http://hub.test');
    const memo = createWhoMemo(file, settings, () => now);
    const ada = { name: 'ada', isPro: true, orgs: [] };
    expect(await memo.read()).toBeNull();
    await memo.write(ada);
    expect(await memo.read()).toEqual(ada);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const other = createWhoMemo(file, { ...settings, token: null }, () => now);
    expect(await other.read()).toBeNull();
    now += 12 * 3_600_000;
    expect(await memo.read()).toBeNull();
  });
});
