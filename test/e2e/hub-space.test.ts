/** `run hf:OWNER/NAME` end to end, against a Hub that serves a repository. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, controlSecret, findAllocators } from '../../src/allocator/client/index.js';
import { zerogpu } from '../support/cli.js';
import { fixture, startRun, testPython } from '../support/e2e/space.js';
import { startVisitors } from '../support/e2e/visitors.js';
import { type RepositoryHub, type StubSpace, startRepository } from '../support/hub/repository.js';
import { QUOTA } from '../support/hub/stub.js';

const ID = 'ada/everything';
const TOKEN = 'hf_adas_own_token';
const BIN = join(import.meta.dirname, '../../bin/zerogpu.js');
const home = mkdtempSync(join(tmpdir(), 'zerogpu-named-'));
/** The account's window is open today, whatever day that is. */
const OPEN_QUOTA = { ...QUOTA, resetsAt: new Date(Date.now() + 2 * 3_600_000).toISOString() };
const SPACE: StubSpace = {
  id: ID,
  files: Object.fromEntries(
    readdirSync(fixture('everything'), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(fixture('everything'), name), 'utf8')]),
  ),
  privateTo: TOKEN,
  account: { who: { name: 'ada', isPro: true }, quota: OPEN_QUOTA },
};
let repository: RepositoryHub;
let env: Record<string, string>;

beforeAll(async () => {
  repository = await startRepository(SPACE);
  env = {
    HF_ENDPOINT: repository.url,
    HF_HOME: join(home, 'hf'),
    HF_TOKEN: TOKEN,
    HF_HUB_OFFLINE: '',
    XDG_CACHE_HOME: join(home, 'cache'),
    HOME: home,
  };
});
afterAll(async () => {
  await repository.close();
  rmSync(home, { recursive: true, force: true });
});

describe('a Space on the Hub', () => {
  it('runs like a folder, private and by its own name, as the account that it belongs to', async () => {
    const state = join(home, 'state');
    const args = ['--as', 'account', '--state-dir', state];
    const run = await startRun(`hf:${ID}`, args, testPython(), {
      ...process.env,
      ...env,
    });
    const told = await run.waitFor(({ event }) => event === 'progress');
    expect(told['message']).toContain(`${ID} at aaaaaaaa`);
    const visitors = startVisitors();
    expect((await visitors.call(run.url, '/hold', [5, 0.1])).ok).toBe(true);
    visitors.close();
    // What is left is what the Hub says, less this call of a tenth of a second.
    const [locator] = findAllocators(state);
    const ledger = connect(locator?.url ?? '', controlSecret(state));
    const ada = await ledger.visitor('pro:ada', 'pro');
    ledger.close();
    expect(ada.leftSeconds).toBeLessThan(QUOTA.current);
    expect(ada.leftSeconds).toBeGreaterThan(QUOTA.current - 5);
    expect(ada.runs).toBe(QUOTA.runs.used + 1);
    const banner = await run.waitFor(({ event }) => event === 'banner');
    expect(JSON.stringify(banner)).toContain('as ada of the Hub');
    await run.stop();
    expect(JSON.stringify(run.events)).not.toContain(TOKEN);
  });

  it('is in the cache afterwards, for every command that is offline', async () => {
    const offline = { ...env, HF_HUB_OFFLINE: '1' };
    const before = repository.hub.seen.length;
    const [checked, copied] = await Promise.all([
      zerogpu(['check', `hf:${ID}`, '--select', 'ZG1'], { env: offline }),
      zerogpu(['init', join(home, 'offline'), '--from', `hf:${ID}`], { env: offline }),
    ]);
    expect(checked.stderr).toContain('from the cache');
    expect(checked.code).toBeLessThan(2);
    expect(copied.code).toBe(0);
    expect(repository.hub.seen.length).toBe(before);
    const unknown = await zerogpu(['run', 'hf:ada/other'], { env: offline });
    expect(unknown.stderr).toContain('E_HUB_OFFLINE');
    expect(unknown.code).toBe(3);
  });

  it('that was killed in the middle of its download comes whole the next time', async () => {
    const large = 'x'.repeat(300_000);
    const space = { ...SPACE, files: { ...SPACE.files, 'data.bin': large }, large: ['data.bin'] };
    repository.serve(space);
    let isSending: () => void = () => {};
    const sending = new Promise<void>((resolve) => {
      isSending = resolve;
    });
    repository.store.answer((_, response) => {
      response.writeHead(200);
      response.write(large.slice(0, 100_000));
      isSending();
    });
    const cut = spawn(process.execPath, [BIN, 'init', join(home, 'cut'), '--from', `hf:${ID}`], {
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
    await sending;
    cut.kill('SIGKILL');
    await new Promise((resolve) => cut.once('close', resolve));

    repository.serve(space);
    const whole = await zerogpu(['init', join(home, 'whole'), '--from', `hf:${ID}`], { env });
    expect(whole.code).toBe(0);
    expect(readFileSync(join(home, 'whole/data.bin'), 'utf8')).toBe(large);
  });

  it('Ctrl-C ends a download at once, with the code of an interruption', async () => {
    repository.serve(SPACE);
    repository.hub.answer((request) => {
      if (request.url?.includes('/revision/')) process.kill(cut.pid ?? 0, 'SIGINT');
    });
    const cut = spawn(process.execPath, [BIN, 'run', `hf:${ID}`], {
      env: { ...process.env, ...env, HF_HOME: join(home, 'other') },
      stdio: 'ignore',
    });
    const code = await new Promise((resolve) => cut.once('close', resolve));
    expect(code).toBe(130);
    repository.serve(SPACE);
  });

  const mount = 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"';
  const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', mount, home, 'true']).status === 0;
  it.skipIf(!canMount)('does not fit a full disk: one error, and nothing half-done', async () => {
    repository.serve({ ...SPACE, files: { ...SPACE.files, 'notes.txt': 'x'.repeat(200_000) } });
    const full = mkdtempSync(join(home, 'full-'));
    const argv = [process.execPath, BIN, 'init', join(home, 'never'), '--from', `hf:${ID}`];
    const child = spawn('unshare', ['-rm', 'sh', '-c', mount, full, ...argv], {
      env: { ...process.env, ...env, HF_HOME: full },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (part) => {
      stderr += part;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(stderr).toContain('E_HUB_CACHE');
    expect(stderr).toContain('are free');
    expect(code).toBe(3);
    expect(readdirSync(home)).not.toContain('never');
  });
});
