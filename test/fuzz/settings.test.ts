/** Files that people and other programs write: settings, locators, the owner of a lock. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findAllocators, lastServePort } from '../../src/allocator/client/locator.js';
import { takeLock } from '../../src/allocator/store/lock.js';
import { checkSpace } from '../../src/check/check-space.js';
import { rules } from '../../src/check/rules/index.js';
import { parseSpaceConfig, parseUserSettings } from '../../src/config/space-config.js';
import { readSpaceConfig } from '../../src/config/user-settings.js';
import { readHubSettings } from '../../src/hub/settings.js';
import { findSpaceId } from '../../src/run/hub/space-id.js';
import { UserError } from '../../src/shared/errors.js';
import { filesInMemory } from '../../src/space/index.js';
import { FUZZ_TIMEOUT_MS, hostileText, parameters } from '../support/fuzz/index.js';

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS });

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'zerogpu-fuzz-files-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A good text with a piece of it gone and something else put in, or anything at all. */
function nearly(good: string): fc.Arbitrary<string> {
  const bent = fc
    .tuple(fc.nat(good.length), fc.nat(12), hostileText)
    .map(([at, gone, put]) => good.slice(0, at) + put + good.slice(at + gone));
  const deep = fc.nat(20_000).map((depth) => '['.repeat(depth));
  return fc.oneof({ arbitrary: bent, weight: 6 }, hostileText, fc.json(), deep);
}

/** The value, or the code of an error that says what is wrong with which file. */
async function tried<T>(read: () => T | Promise<T>): Promise<T | string> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.fix.length).toBeGreaterThan(0);
    return error.code;
  }
}

const SETTINGS = JSON.stringify({
  platform: 'h200',
  run: { gpus: 2, vram: '2GB', as: 'free:ada', port: 7860, speed: 1.5, fault: 'no-gpu' },
});

describe('any text', () => {
  it('as settings is settings or one error, and sets nothing for all objects', async () => {
    await fc.assert(
      fc.asyncProperty(nearly(SETTINGS), async (text) => {
        for (const parse of [parseSpaceConfig, parseUserSettings]) {
          const got = await tried(() => parse(text, 'zerogpu.json'));
          if (typeof got === 'string') expect(got).toBe('E_CONFIG_INVALID');
          expect(Object.keys(Object.prototype)).toEqual([]);
        }
      }),
      parameters(600),
    );
  });

  it('as a locator, a port or a lock’s owner is ignored', async () => {
    const dir = join(root, 'allocators');
    mkdirSync(dir);
    const alive = {
      version: 1,
      kind: 'serve',
      pid: 1,
      startTime: 0,
      startedAt: '2026',
      space: null,
    };
    const good = JSON.stringify({ ...alive, url: 'http://127.0.0.1:7861' });
    await fc.assert(
      fc.asyncProperty(nearly(good), async (text) => {
        for (const name of ['serve.json', 'serve-port', 'run-1.json']) {
          writeFileSync(join(dir, name), text);
        }
        for (const { url } of findAllocators(root)) {
          expect(new URL(url).hostname).toMatch(/^(127\.0\.0\.1|localhost)$/);
        }
        expect(lastServePort(root)).toBeLessThan(65_536);
      }),
      parameters(300),
    );
    const locked = join(root, 'locked');
    mkdirSync(locked);
    const first = await takeLock(locked);
    await fc.assert(
      fc.asyncProperty(nearly('{"pid": 12}'), async (text) => {
        writeFileSync(join(locked, 'owner.json'), text);
        const second = await takeLock(locked);
        expect('lock' in second).toBe(false);
      }),
      parameters(150),
    );
    if ('lock' in first) await first.lock.release();
  });

  it('as a token never comes out in an error', async () => {
    const file = join(root, 'token');
    await fc.assert(
      fc.asyncProperty(nearly('hf_abcdefghijklmnop'), async (text) => {
        writeFileSync(file, text);
        const env = { HF_TOKEN_PATH: file, HF_HOME: root };
        const said = await readHubSettings(env).catch((error: unknown) => error);
        const shown = JSON.stringify(said) + String(said);
        expect(shown).not.toContain('hf_abcdefg');
        if (said instanceof Error) expect(said).toBeInstanceOf(UserError);
      }),
      parameters(200),
    );
  });

  it('in every file of a Space is findings, and no rule fails over it', async () => {
    const app =
      'import spaces\n\n@spaces.GPU(duration=lambda x: 10)\ndef f(x, *a, **k):\n    return x\n';
    const readme = '---\nsdk: gradio\nsdk_version: 6.31.0\napp_file: app.py\n---\n# Hi\n';
    const list = 'torch==2.8.0 ; python_version > "3.9"\n-r more.txt\ngit+https://x/y@z#egg=a\n';
    const files = fc.record({
      'app.py': nearly(app),
      'README.md': nearly(readme),
      'requirements.txt': nearly(list),
      'pyproject.toml': nearly('[project]\ndependencies = ["torch"]\n'),
    });
    const options = { platform: 'h200', rules, hosting: null };
    await fc.assert(
      fc.asyncProperty(files, async (all) => {
        const { failures } = await checkSpace('demo', filesInMemory(all), options);
        expect(failures).toEqual([]);
      }),
      parameters(120),
    );
  });
});

describe('what is not a file', () => {
  it('is not waited for, as settings of a Space or as its repository’s', async () => {
    const dir = join(root, 'space');
    mkdirSync(join(dir, '.git'), { recursive: true });
    for (const name of ['zerogpu.json', '.git/config']) execFileSync('mkfifo', [join(dir, name)]);
    expect(await tried(() => readSpaceConfig(dir))).toBe('E_CONFIG_INVALID');
    expect(findSpaceId(dir, null, {})).toBe('local/space');
  });
});
