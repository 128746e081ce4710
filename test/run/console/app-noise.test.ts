import { describe, expect, it } from 'vitest';
import { createNoiseFilter } from '../../../src/run/console/app-noise.js';

function kept(lines: readonly string[]): readonly string[] {
  const seen: string[] = [];
  const filter = createNoiseFilter((line) => seen.push(line));
  for (const line of lines) filter(line);
  return seen;
}

const LOOP = [
  'Exception ignored in: <function BaseEventLoop.__del__ at 0x7feb1df50540>',
  'Traceback (most recent call last):',
  '  File "/usr/lib/python3.11/asyncio/base_events.py", line 694, in __del__',
  '    self.close()',
];

describe('the noise of an app', () => {
  it('leaves out what the packages print at every call, and the address past the gateway', () => {
    const lines = [
      'SPACES_ZERO_GPU_DEBUG total_duration_in_callback=0.0002',
      '* Running on local URL:  http://127.0.0.1:41037',
      'Running on local URL:  http://127.0.0.1:41037',
      '',
      'Loading the model…',
    ];
    expect(kept(lines)).toEqual(['Loading the model…']);
  });

  it('leaves out the traceback of a collected event loop, whole', () => {
    const lines = ['before', ...LOOP, 'ValueError: Invalid file descriptor: -1', 'after'];
    expect(kept(lines)).toEqual(['before', 'after']);
  });

  it('shows every other traceback, whole and in order', () => {
    const other = [...LOOP, 'RuntimeError: Event loop is closed', 'after'];
    expect(kept(other)).toEqual(other);
    const own = ['Traceback (most recent call last):', '  File "app.py", line 1', 'KeyError: 1'];
    expect(kept(own)).toEqual(own);
  });
});
