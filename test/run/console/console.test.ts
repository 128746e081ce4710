import { describe, expect, it } from 'vitest';
import { ASCII_SYMBOLS, UNICODE_SYMBOLS } from '../../../src/run/console/call-lines.js';
import { type BannerFacts, jsonConsole, textConsole } from '../../../src/run/console/console.js';
import { usageRows } from '../../../src/run/console/use-table.js';
import { systemClock } from '../../../src/shared/clock.js';
import { recordOf } from '../../support/run/records.js';

/** Half past nine in the evening, wherever the test runs. */
const WALL_MS = new Date(2026, 10, 23, 21, 30, 5).getTime();
const clock = { ...systemClock, now: () => ({ wallMs: WALL_MS, monotonicMs: 0 }) };
const T = new Date(WALL_MS).toISOString();

const BANNER: BannerFacts = {
  version: '0.1.0',
  platform: 'h200',
  platformAsOf: '2026-08-01',
  backend: 'emulated GPU',
  slices: 2,
  gpus: 1,
  space: 'demo',
  packages: 'gradio 6.31.0, spaces 0.51.3',
  url: 'http://127.0.0.1:7860',
  visitor: 'anonymous',
  deviceUrl: 'http://127.0.0.1:40001',
  limits: '60s a call',
  notes: ['one thing', 'another'],
  differences: [{ name: 'Python', declared: '(3.10.13)', running: '3.11.7' }],
  hub: null,
};
const ROWS = usageRows([
  {
    name: 'generate',
    startup: false,
    askedSeconds: [60],
    usedSeconds: [7.9],
    killed: 0,
    refused: 0,
    peakVramBytes: 2_000_000,
  },
]);

function text(symbols = UNICODE_SYMBOLS) {
  const lines: string[] = [];
  return { lines, console: textConsole((line) => void lines.push(line), clock, symbols) };
}

function json() {
  const lines: string[] = [];
  const console = jsonConsole((line) => void lines.push(line), clock);
  return { lines, console, objects: () => lines.map((line) => JSON.parse(line) as unknown) };
}

describe('the console for people', () => {
  it('opens with what runs where', () => {
    const { lines, console } = text();
    console.banner(BANNER);
    console.ready(BANNER.url, 3.456);
    expect(lines).toEqual([
      'zerogpu 0.1.0   platform h200 (as of 2026-08-01) · emulated GPU · 1 GPU, 2 slices',
      '  Space     demo (gradio 6.31.0, spaces 0.51.3)',
      '  Open      http://127.0.0.1:7860         visitor: anonymous',
      '  Device    http://127.0.0.1:40001        60s a call',
      '  differs   declared (or of the platform)  running here',
      '  Python    (3.10.13)                      3.11.7',
      '  note      one thing',
      '  note      another',
      '  ready in 3.5 s; Ctrl-C stops\n',
    ]);
  });

  it('counts as people do', () => {
    const { lines, console } = text();
    console.banner({ ...BANNER, gpus: 2, slices: 1, notes: [], differences: [] });
    expect(lines[0]).toMatch(/ · 2 GPUs, 1 slice$/);
    expect(lines).toHaveLength(4);
  });

  it('stamps what happens, and indents what belongs to it', () => {
    const { lines, console } = text();
    console.progress('installing gradio');
    console.app('Loading weights', 'stderr');
    console.call(recordOf('granted'));
    console.call(recordOf('ended'));
    console.told('ZeroGPU quota exceeded: try again', 'free:ada');
    console.warn('the disk is nearly full');
    console.stopping('Stopping (SIGINT): no call running.');
    expect(lines).toEqual([
      '  installing gradio',
      '21:30:05 app  Loading weights',
      '21:30:05 #7   →   generate   free:ada   1m00s asked  granted slice 0, cold',
      '21:30:05 #7   ←   generate   free:ada   7.9s used of 1m00s   quota 3m30s → 3m22s  peak 1.5 GB',
      '         free:ada reads: ZeroGPU quota exceeded: try again',
      '21:30:05 warn the disk is nearly full',
      'Stopping (SIGINT): no call running.',
    ]);
  });

  it('prints no unknown peak, and no empty line', () => {
    const { lines, console } = text();
    console.call(recordOf('ended', { peakVramBytes: null }));
    console.call(recordOf('ended', { peakVramBytes: 0 }));
    console.call(recordOf('allowed'));
    console.call(recordOf('killing'));
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('peak');
  });

  it.each([
    'SPACES_ZERO_GPU_DEBUG self.arg_queue._writer.fileno()=16',
    '* Running on local URL:  http://127.0.0.1:40003',
    'Running on local URL: http://127.0.0.1:40003',
    '* To create a public link, set `share=True` in `launch()`.',
    'WARNING: Error while reading infos from Nvidia driver FS',
    '',
    '   ',
  ])('leaves out what every app says: "%s"', (line) => {
    const { lines, console } = text();
    console.app(line, 'stdout');
    expect(lines).toEqual([]);
  });

  it('leaves out nothing that an author wrote', () => {
    const { lines, console } = text();
    for (const line of ['Running on local URL', 'I was Running on local URL: x', '  indented  ']) {
      console.app(line, 'stdout');
    }
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe('21:30:05 app    indented  ');
  });

  it('closes with what each function used', () => {
    const { lines, console } = text();
    console.table(ROWS);
    console.table([]);
    expect(lines).toEqual([
      '  function  calls  used p50 / p95  declared  killed  peak VRAM  declare instead',
      '  generate      1     7.9s / 7.9s     1m00s       0     2.0 MB  10s (6x the visitors), from 1 call',
    ]);
  });

  it('can do without arrows', () => {
    const { lines, console } = text(ASCII_SYMBOLS);
    console.call(recordOf('ended'));
    expect(lines.join()).toMatch(/^[ -~]+$/);
  });
});

describe('the console for scripts', () => {
  it('says everything as one object a line, with the time and a name', () => {
    const { lines, console, objects } = json();
    console.progress('installing gradio');
    console.banner(BANNER);
    console.ready('http://127.0.0.1:7860', 3.456);
    console.app('SPACES_ZERO_GPU_DEBUG x', 'stderr');
    console.told('ZeroGPU quota exceeded: try again', 'free:ada');
    console.warn('two\nlines');
    console.stopping('Stopping.');
    expect(objects()).toEqual([
      { t: T, event: 'progress', message: 'installing gradio' },
      { t: T, event: 'banner', ...BANNER },
      { t: T, event: 'ready', url: 'http://127.0.0.1:7860', seconds: 3.456 },
      { t: T, event: 'app', stream: 'stderr', line: 'SPACES_ZERO_GPU_DEBUG x' },
      { t: T, event: 'told', message: 'ZeroGPU quota exceeded: try again', visitor: 'free:ada' },
      { t: T, event: 'warning', message: 'two\nlines' },
      { t: T, event: 'stopping', message: 'Stopping.' },
    ]);
    expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
  });

  it('tells every event of a call, with all its fields but quota time', () => {
    const { console, objects } = json();
    const records = [recordOf('granted'), recordOf('allowed'), recordOf('ended')];
    for (const record of records) console.call(record);
    expect(objects()).toEqual(records.map(({ at: _, ...fields }) => ({ t: T, ...fields })));
  });

  it('closes with numbers, not with a table', () => {
    const { console, objects } = json();
    console.table(ROWS);
    expect(objects()).toEqual([{ t: T, event: 'summary', functions: ROWS }]);
    expect(ROWS[0]).toMatchObject({ name: 'generate', declaredSeconds: 60, suggestedSeconds: 10 });
  });
});
