/** What V8 made of `check` is kept for the next run, and only believed when it is this user's and whole. */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, zerogpu } from '../support/cli.js';
import { temporaryFolder } from '../support/supervise.js';

const withoutTime = (text: string) => text.replace(/"elapsedMs": [\d.]+/, '');
describe('the compiled form of check', () => {
  it('is its user’s alone, grows for three runs, changes no answer, and is made again where it is broken', async () => {
    const home = temporaryFolder();
    const folder = join(home, 'zerogpu', 'compiled');
    const check = () =>
      zerogpu(['check', '--no-cache', '--json', fixture('everything')], {
        env: { XDG_CACHE_HOME: home },
      });
    const kept = () => {
      const [name = ''] = readdirSync(folder);
      const file = join(folder, name);
      return { file, content: readFileSync(file) };
    };
    const first = await check();
    expect(first.stderr).toBe('');
    const runs: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      runs.push(kept().content.toString('latin1').split('\n', 1)[0]?.split(' ')[1] ?? '');
      const next = await check();
      expect(withoutTime(next.stdout)).toBe(withoutTime(first.stdout));
      expect(next.code).toBe(first.code);
    }
    expect(runs).toEqual(['1', '2', '3', '3']);
    expect(statSync(kept().file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toHaveLength(1);

    const { file, content } = kept();
    const flipped = Buffer.from(content);
    const middle = flipped.length >> 1;
    flipped[middle] = (flipped[middle] ?? 0) ^ 0xff;
    const broken: readonly [Buffer, number][] = [
      [flipped, 0o600],
      [content.subarray(0, 1_000), 0o600],
      [content, 0o666],
    ];
    for (const [bytes, mode] of broken) {
      writeFileSync(file, bytes);
      chmodSync(file, mode);
      expect((await check()).stderr).toBe('');
      expect(kept().content.toString('latin1').split('\n', 1)[0]).toMatch(/ 1$/);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
  });
});
