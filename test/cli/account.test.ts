import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountSchema } from '../../src/tui/account/view.js';
import { zerogpu } from '../support/cli.js';
import { json, QUOTA, SECRET, type StubHub, startStub } from '../support/hub/stub.js';

let stub: StubHub;
let dir: string;
let env: Record<string, string>;
beforeEach(async () => {
  stub = await startStub();
  dir = mkdtempSync(join(tmpdir(), 'zerogpu-account-'));
  env = {
    HOME: dir,
    XDG_CONFIG_HOME: join(dir, 'config'),
    XDG_CACHE_HOME: join(dir, 'cache'),
    HF_HOME: join(dir, 'hf'),
    HF_ENDPOINT: stub.url,
    HF_TOKEN: SECRET,
    HF_HUB_OFFLINE: '',
    ZEROGPU_STATE_DIR: join(dir, 'state'),
  };
  stub.answer((request, response) => {
    const path = request.url ?? '';
    const zero = { stage: 'RUNNING', hardware: { current: 'zero-a10g', requested: null } };
    const answer = path.startsWith('/api/whoami')
      ? { name: 'ada', isPro: true }
      : path.startsWith('/api/spaces?')
        ? [{ id: 'ada/hello', runtime: zero }]
        : QUOTA;
    json(answer)(request, response);
  });
});
afterEach(async () => {
  await stub.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('zerogpu quota --account', () => {
  it('asks the Hub, also when no emulator runs; who it is only once', async () => {
    writeFileSync(join(dir, 'README.md'), '---\ntitle: x\nsdk: gradio\napp_file: app.py\n---\n');
    writeFileSync(
      join(dir, 'app.py'),
      'import gradio as gr\nimport spaces\n\n@spaces.GPU(duration=90)\ndef draw(x):\n    return x\n\ngr.Interface(draw, "text", "text").launch()\n',
    );
    const ended = await zerogpu(['quota', '--account', '--json'], { cwd: dir, env });
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    const { account } = JSON.parse(ended.stdout);
    expect(accountSchema.parse(account)).toMatchObject({
      name: 'ada',
      tier: 'pro',
      leftSeconds: 940.5,
      hosting: { spaces: ['ada/hello'] },
      calls: [{ function: 'draw' }],
    });
    expect(account.calls[0].calls).toBe(
      Math.min(7, Math.floor(940.5 / account.calls[0].askedSeconds)),
    );
    expect(ended.stdout).not.toContain(SECRET);
    await zerogpu(['quota', '--account', '--once'], { cwd: dir, env });
    const asked = stub.seen.map(({ path }) => path);
    expect(asked.filter((path) => path.startsWith('/api/whoami'))).toHaveLength(1);
    expect(asked.filter((path) => path === '/api/spaces/zero-gpu/quota')).toHaveLength(2);
  });

  it('sends nothing without the flag or the setting, whatever the token', async () => {
    const ended = await zerogpu(['quota', '--json'], { cwd: dir, env });
    expect(ended.code).toBe(3);
    await zerogpu(['doctor'], { cwd: dir, env });
    await zerogpu(['check', '.'], { cwd: dir, env });
    expect(stub.seen).toEqual([]);
  });

  it('is on by the setting of a person, and off again by the variable', async () => {
    mkdirSync(join(dir, 'config/zerogpu'), { recursive: true });
    writeFileSync(join(dir, 'config/zerogpu/config.json'), '{"account": true}');
    expect((await zerogpu(['quota', '--json'], { cwd: dir, env })).code).toBe(0);
    const asked = stub.seen.length;
    expect(asked).toBeGreaterThan(0);
    const off = await zerogpu(['quota', '--json'], {
      cwd: dir,
      env: { ...env, ZEROGPU_ACCOUNT: '0' },
    });
    expect(off.code).toBe(3);
    expect(stub.seen).toHaveLength(asked);
  });

  it('reports what is wrong and how to fix it', async () => {
    const ended = await zerogpu(['quota', '--account', '--json'], {
      cwd: dir,
      env: { ...env, HF_TOKEN: '' },
    });
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('hf auth login');
    expect(ended.stderr).not.toContain('    at ');
    expect(stub.seen).toEqual([]);
  });
});
