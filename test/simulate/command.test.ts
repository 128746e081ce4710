import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE } from '../../src/simulate/read-workload.js';
import { runMain } from '../support/simulate/main.js';

const dir = mkdtempSync(join(tmpdir(), 'zerogpu-simulate-'));
const small = EXAMPLE.replace('hours: 24', 'hours: 2');
beforeAll(() => {
  writeFileSync(join(dir, 'w.yaml'), small);
  writeFileSync(join(dir, 'two.yaml'), small.replace('gpus: 1', 'gpus: 2'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const simulate = (...args: string[]) => runMain(dir, ['simulate', ...args]);

describe('zerogpu simulate', () => {
  it('prints an example that it can read', async () => {
    const { code, stdout } = await simulate('--example');
    expect(code).toBe(0);
    expect(stdout).toBe(EXAMPLE);
  });

  it('prints waits, refusals and sums, the same from the same seed', async () => {
    const once = await simulate('w.yaml', '--ascii', '--color', 'never');
    expect(once).toMatchObject({ code: 0, stderr: '' });
    expect(once.stdout).toContain('platform h200');
    expect(once.stdout).toMatch(/^anonymous +[\d,]+ /m);
    expect(once.stdout).toMatch(/^utilisation [\d.]+ % of 2 GPU hours$/m);
    expect(await simulate('w.yaml', '--ascii', '--color', 'never')).toEqual(once);
    expect((await simulate('w.yaml', '--seed', '2')).stdout).not.toBe(once.stdout);
  });

  it('prints JSON, and writes a picture and a page', async () => {
    const { stdout } = await simulate('w.yaml', '--json', '--output', 'day.svg');
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({ platform: { name: 'h200' }, seed: 1, replications: 1 });
    expect(answer.tiers.pro.waits.p95).toBeGreaterThanOrEqual(0);
    expect(readFileSync(join(dir, 'day.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>$/s);
    await simulate('w.yaml', '--output', 'day.html');
    expect(readFileSync(join(dir, 'day.html'), 'utf8')).toContain('<!doctype html>');
  });

  it('sets the exit code by its goal', async () => {
    expect((await simulate('w.yaml', '--goal', 'p95 wait < 10m')).code).toBe(0);
    const missed = await simulate('w.yaml', '--goal', 'utilisation > 100', '--ascii');
    expect(missed.code).toBe(1);
    expect(missed.stdout).toContain('x utilisation > 100: missed');
  });

  it('compares, finds and ranks', async () => {
    const compared = await simulate('w.yaml', '--compare', 'two.yaml', '--replications', '3');
    expect(compared.stdout).toContain('3 paired replications');
    const found = await simulate('w.yaml', '--find', 'p95 wait < 5s', '--vary', 'gpus=1..8');
    expect(found.code).toBe(0);
    expect(found.stdout).toContain('smallest gpus that meets p95 wait < 5s');
    const none = await simulate('w.yaml', '--find', 'p95 wait < 0', '--vary', 'gpus=1..2');
    expect(none.code).toBe(1);
    const ranked = await simulate('w.yaml', '--sensitivity');
    expect(ranked.stdout).toContain('each setting alone');
  });

  it('compares placements on hosts, and lists the Spaces of each', async () => {
    writeFileSync(join(dir, 'hosts.yaml'), small.replace('gpus: 1', 'gpus: 1\nhosts: [1, 2]'));
    const alone = await simulate('hosts.yaml');
    expect(alone.stdout).toMatch(/^host 1 +1 GPU +image\nhost 2 +2 GPUs +no Space$/m);
    const { stdout } = await simulate('hosts.yaml', '--compare', 'placement=least-wait', '--json');
    const wait = JSON.parse(stdout).figures[0];
    expect(wait.b.mean).toBeLessThan(wait.a.mean);
  });

  it.each([
    [[], 'no workload is given'],
    [['w.yaml', '--from', 'x'], 'both given'],
    [['nowhere.yaml'], 'nowhere.yaml cannot be read'],
    [['w.yaml', '--find', 'p95 wait < 1s'], '--find needs --vary'],
    [['w.yaml', '--sensitivity', '--compare', 'two.yaml'], 'given together'],
    [['w.yaml', '--precision', '5'], 'not a percentage'],
    [['w.yaml', '--replications', '0'], 'not a whole number'],
    [['w.yaml', '--output', 'day.png'], 'not an .svg or .html file'],
    [['w.yaml', '--platform', 'h100'], 'no platform profile "h100"'],
    [['w.yaml', '--save', 'x.yaml'], '--save needs --from'],
  ])('%j is an error with a way out', async (args, words) => {
    const { code, stdout, stderr } = await simulate(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^ {2}fix {4}\S/m);
  });
});
