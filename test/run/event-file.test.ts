import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UNICODE_SYMBOLS } from '../../src/run/call-lines.js';
import { textConsole } from '../../src/run/console.js';
import { teeEvents } from '../../src/run/event-file.js';
import { systemClock } from '../../src/shared/clock.js';
import { recordOf } from '../support/run/records.js';
import { temporaryFolder } from '../support/supervise.js';

function tee(file: string) {
  const lines: string[] = [];
  const console = textConsole((line) => void lines.push(line), systemClock, UNICODE_SYMBOLS);
  return { lines, talk: teeEvents(console, file, systemClock) };
}

const eventsIn = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { event: string }).event);

describe('--events', () => {
  it('keeps each event of a call as it happens, beside what people are told', () => {
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

  it('is the user’s alone, and goes on where an earlier run stopped', () => {
    const file = join(temporaryFolder(), 'events.jsonl');
    tee(file).talk.call(recordOf('granted'));
    tee(file).talk.call(recordOf('ended'));
    expect(eventsIn(file)).toEqual(['granted', 'ended']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
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
});
