import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UNICODE_SYMBOLS } from '../../../src/run/console/call-lines.js';
import { textConsole } from '../../../src/run/console/console.js';
import { teeEvents } from '../../../src/run/state/event-file.js';
import { systemClock } from '../../../src/shared/clock.js';
import type { UserError } from '../../../src/shared/errors.js';
import { recordOf } from '../../support/run/records.js';
import { temporaryFolder } from '../../support/supervise.js';

function tee(file: string) {
  const lines: string[] = [];
  const console = textConsole((line) => void lines.push(line), systemClock, UNICODE_SYMBOLS);
  const { console: talk, close } = teeEvents(console, file, systemClock);
  return { lines, talk, close };
}

const eventsIn = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { event: string }).event);

describe('--events', () => {
  it('keeps each event of a call as it happens, beside what people read', () => {
    const file = join(temporaryFolder(), 'events.jsonl');
    const { lines, talk } = tee(file);
    talk.progress('installing');
    talk.app('line of the app', 'stdout');
    talk.call(recordOf('granted'));
    expect(eventsIn(file)).toEqual(['granted']);
    talk.call(recordOf('allowed'));
    talk.told('ZeroGPU quota exceeded: later', 'free:ada');
    talk.table([]);
    expect(eventsIn(file)).toEqual(['granted', 'allowed', 'told', 'summary']);
    expect(lines).toHaveLength(4);
  });

  it('is the user’s alone, and continues where an earlier run stopped', () => {
    const file = join(temporaryFolder(), 'events.jsonl');
    tee(file).talk.call(recordOf('granted'));
    tee(file).talk.call(recordOf('ended'));
    expect(eventsIn(file)).toEqual(['granted', 'ended']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('that can not be written says why, and what helps', () => {
    const dir = temporaryFolder();
    const fixOf = (file: string) => {
      try {
        tee(file);
      } catch (error) {
        return (error as UserError).fix;
      }
      throw new Error(`${file} was opened`);
    };
    expect(fixOf(join(dir, 'missing', 'events'))).toEqual([`mkdir -p ${join(dir, 'missing')}`]);
    // A folder that is there is not made.
    for (const file of [dir, join(dir, 'x'.repeat(300))]) {
      expect(fixOf(file)).toEqual([expect.stringContaining('--events FILE')]);
    }
  });

  it('ends with a warning, and without the run, when its folder goes', () => {
    const dir = temporaryFolder();
    const file = join(dir, 'events.jsonl');
    const { lines, talk } = tee(file);
    rmSync(dir, { recursive: true });
    talk.call(recordOf('granted'));
    talk.call(recordOf('ended'));
    const warnings = lines.filter((line) => line.includes(' warn '));
    expect(warnings).toEqual([expect.stringContaining(`--events ${file} can't be written`)]);
    expect(lines).toHaveLength(3);
  });

  it('says at once that it cannot be written', () => {
    const file = join(temporaryFolder(), 'no', 'such', 'folder', 'events.jsonl');
    expect(() => tee(file)).toThrow(
      expect.objectContaining({
        code: 'E_USAGE',
        exitCode: 2,
        message: `--events ${file} can't be written`,
        fix: [expect.stringMatching(/^mkdir -p .*\/folder$/)],
      }),
    );
  });

  const pipe = () => {
    const file = join(temporaryFolder(), 'events');
    execFileSync('mkfifo', [file]);
    return file;
  };

  it('of a pipe waits for no reader, drops what is too much with a count, and says so', async () => {
    const file = pipe();
    const { lines, talk, close } = tee(file);
    const startedMs = performance.now();
    for (let call = 0; call < 6_000; call += 1) talk.call(recordOf('granted', { call }));
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    const warnings = () => lines.filter((line) => line.includes(' warn '));
    expect(warnings()).toEqual([expect.stringContaining('its reader does not keep up')]);

    // Whoever comes late gets what waited, then the gap, then what is new.
    const reader = createReadStream(file, 'utf8');
    let text = '';
    reader.on('data', (part) => {
      text += part;
    });
    const read = () =>
      text
        .split('\n')
        .filter(Boolean)
        .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));
    await expect.poll(() => read().length).toBeGreaterThan(1_000);
    talk.call(recordOf('ended'));
    await expect.poll(() => read().at(-1)).toMatchObject({ event: 'ended' });
    const { event, message } = read().at(-2);
    const dropped = 6_000 - (read().length - 2);
    expect([event, Number(/^\d+/.exec(message)?.[0])]).toEqual(['warning', dropped]);
    await close();
    expect(warnings()).toHaveLength(1);
  });

  it('of a pipe that is never read ends in time, and counts what was lost', async () => {
    const { lines, talk, close } = tee(pipe());
    talk.call(recordOf('granted'));
    talk.call(recordOf('ended'));
    const startedMs = performance.now();
    await close();
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(lines.at(-1)).toContain('its reader did not take 2 events');
  });

  it('of a pipe outlives its reader, and the next one gets whole lines', async () => {
    const file = pipe();
    const { talk, close } = tee(file);
    const first = spawn('head', ['-n', '1', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = once(first, 'exit');
    await new Promise((done) => setTimeout(done, 100));
    talk.call(recordOf('granted'));
    await gone;
    talk.call(recordOf('allowed'));
    talk.call(recordOf('ended'));
    const second = spawn('head', ['-n', '1', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    second.stdout.on('data', (part) => {
      text += part;
    });
    await expect.poll(() => text).toMatch(/^\{.*\}\n$/);
    await close();
  });
});
