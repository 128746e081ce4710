import { describe, expect, it } from 'vitest';
import { parseRunOptions, type RawRunOptions } from '../../../src/run/options/options.js';
import { UserError } from '../../../src/shared/errors.js';

/** What commander hands over when no flag is given. */
const DEFAULTS: RawRunOptions = {
  platform: 'h200',
  gpu: 'auto',
  gpus: '1',
  speed: '1',
  seed: '1',
  owner: 'local',
  as: 'anonymous',
  host: '127.0.0.1',
  install: true,
  preload: true,
  startTimeout: '10m',
  logFormat: 'text',
};

const parse = (raw: Partial<RawRunOptions> = {}, dir = '.') =>
  parseRunOptions(dir, [], { ...DEFAULTS, ...raw }, '/home/ada/space');

function errorOf(raw: Partial<RawRunOptions>): UserError {
  try {
    parse(raw);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(raw)} was taken`);
}

describe('what is not said', () => {
  it('is the platform’s, on the usual port or the next free one', () => {
    expect(parse()).toEqual({
      account: null,
      allowNoGpuFunction: false,
      dir: '/home/ada/space',
      localHub: false,
      spaceId: null,
      creditSeconds: null,
      otlpUrl: null,
      debug: null,
      envFiles: [],
      variables: {},
      hubSpace: null,
      detach: false,
      weightless: false,
      command: [],
      platform: 'h200',
      gpu: 'auto',
      gpus: 1,
      slices: null,
      vramBytes: null,
      longestCallSeconds: null,
      speed: 1,
      faults: [],
      seed: 1,
      visitor: { tier: 'anonymous', name: null },
      host: '127.0.0.1',
      port: { number: 7860, explicit: false },
      python: null,
      nearestTorch: false,
      install: true,
      yes: false,
      preload: true,
      watch: false,
      forSeconds: null,
      startTimeoutSeconds: 600,
      logFormat: 'text',
      stateDir: null,
      fresh: false,
      owner: { name: 'local', kind: 'pro' },
      eventsFile: null,
      ascii: false,
    });
  });
});

describe('the address of visitors', () => {
  it('may be any, and IPv6 as it stands in a URL', () => {
    expect(parse({ host: ' 127.0.0.2 ' }).host).toBe('127.0.0.2');
    expect(parse({ host: '[::1]' }).host).toBe('::1');
  });

  it.each(['', ' ', '[]'])('may not be empty: "%s" would be every address', (host) => {
    expect(errorOf({ host })).toMatchObject({ code: 'E_USAGE', exitCode: 2 });
  });
});

describe('what is said', () => {
  it.each<[Partial<RawRunOptions>, object]>([
    [{ duration: '60' }, { longestCallSeconds: 60 }],
    [{ duration: '60s' }, { longestCallSeconds: 60 }],
    [{ duration: '1m30s' }, { longestCallSeconds: 90 }],
    [{ duration: ' 0.5 ' }, { longestCallSeconds: 0.5 }],
    [{ for: '2h' }, { forSeconds: 7_200 }],
    [{ startTimeout: '90' }, { startTimeoutSeconds: 90 }],
    [{ vram: '70GB' }, { vramBytes: 70e9 }],
    [{ vram: '2 GiB' }, { vramBytes: 2 * 2 ** 30 }],
    [{ vram: '1.5gb' }, { vramBytes: 1.5e9 }],
    [{ gpus: '64' }, { gpus: 64 }],
    [{ speed: '1.5' }, { speed: 1.5 }],
    [{ speed: '100000' }, { speed: 100_000 }],
    [{ port: '0' }, { port: { number: 0, explicit: true } }],
    [{ port: '7860' }, { port: { number: 7_860, explicit: true } }],
    [{ port: '65535' }, { port: { number: 65_535, explicit: true } }],
    [{ as: 'pro' }, { visitor: { tier: 'pro', name: null } }],
    [{ as: 'FREE:Ada' }, { visitor: { tier: 'free', name: 'Ada' } }],
    [{ gpu: 'mock' }, { gpu: 'mock' }],
    [
      { gpu: 'nvidia', slices: '2' },
      { gpu: 'nvidia', slices: 2 },
    ],
    [
      { logFormat: 'json', yes: true, ascii: true },
      { logFormat: 'json', yes: true, ascii: true },
    ],
    [
      { python: 'p', events: 'e', stateDir: 's' },
      { python: 'p', eventsFile: 'e', stateDir: '/home/ada/space/s' },
    ],
  ])('%j is read as %j', (raw, parsed) => {
    expect(parse(raw)).toMatchObject(parsed);
  });

  it('of a folder is seen from where the user is', () => {
    expect(parse({}, 'demo').dir).toBe('/home/ada/space/demo');
    expect(parse({}, '../other').dir).toBe('/home/ada/other');
    expect(parse({}, '/srv/demo').dir).toBe('/srv/demo');
  });
});

const LENGTHS = ['0', '0s', '-5', '-5s', 'abc', '', ' ', '1e3', '10 minutes', '1h30', 'NaN'];
const SIZES = ['0', '0GB', '-1GB', 'abc', '', '70G', '70 000', '1e9', 'Infinity', '9999999TB'];
const COUNTS = ['0', '-1', '65', '1.5', 'abc', '', ' ', 'two', 'Infinity', '1e1', '0x2', '1.0'];
const PORTS = ['-1', '65536', '80.5', 'abc', '', ' ', 'http', '1e3', '0x50', '+80'];
const SPEEDS = ['0', '0.5', '-1', '100001', 'abc', '', ' ', 'Infinity', 'NaN', '0x10', '1e3'];
const VISITORS = ['', 'prp', 'free:', ':ada', 'free:a b', 'pro:lin:x', 'free:../x', 'ada'];

describe('what can’t be used is an error with the value, the code and a way out', () => {
  it.each<[flag: string, raw: (value: string) => Partial<RawRunOptions>, string[], fix: string]>([
    ['--duration', (duration) => ({ duration }), LENGTHS, '--duration 60'],
    ['--for', (text) => ({ for: text }), LENGTHS, '--for 60'],
    ['--start-timeout', (startTimeout) => ({ startTimeout }), LENGTHS, '--start-timeout 60'],
    ['--vram', (vram) => ({ vram }), SIZES, '--vram 70GB'],
    ['--gpus', (gpus) => ({ gpus }), COUNTS, '--gpus 1'],
    ['--port', (port) => ({ port }), PORTS, '--port 7860'],
    ['--speed', (speed) => ({ speed }), SPEEDS, '--speed 60'],
    ['--as', (as) => ({ as }), VISITORS, '--as free'],
  ])('%s', (flag, raw, values, fix) => {
    for (const value of values) {
      const error = errorOf(raw(value));
      expect(error, value).toMatchObject({ code: 'E_USAGE', exitCode: 2, fix: [fix] });
      expect(error.message).toContain(`${flag} is "${value}", which `);
      expect(error.why).toMatch(/^[A-Z-].*\.$/);
    }
  });

  it.each<[string, Partial<RawRunOptions>, string, string]>([
    ['--log-format', { logFormat: 'xml' }, 'expected one of text, json', '--log-format text'],
    ['--log-format', { logFormat: '' }, 'expected one of text, json', '--log-format text'],
    ['--gpu', { gpu: 'cuda' }, 'expected one of auto, mock, nvidia', '--gpu auto'],
    ['--gpu', { gpu: 'MOCK' }, 'expected one of auto, mock, nvidia', '--gpu auto'],
  ])('%s, %j: %s', (flag, raw, expected, fix) => {
    const value = Object.values(raw)[0];
    const error = errorOf(raw);
    expect(error).toMatchObject({ code: 'E_USAGE', exitCode: 2, fix: [fix] });
    expect(error.message).toBe(`${flag} is "${value}"; ${expected}`);
  });
});

describe('--space-id', () => {
  it('is owner/name', () => {
    expect(parse({ spaceId: 'me/hello' }).spaceId).toBe('me/hello');
    for (const spaceId of ['hello', 'me/hello/x', 'me/', 'https://hf.co/spaces/me/hello']) {
      expect(() => parse({ spaceId })).toThrow(`--space-id is "${spaceId}"`);
    }
  });
});

describe('--debug', () => {
  it.each([
    ['auto', { number: 5678, explicit: false }],
    ['1', { number: 5678, explicit: false }],
    ['5679', { number: 5679, explicit: true }],
    ['off', null],
  ])('%s', (debug, expected) => {
    expect(parse({ debug }).debug).toEqual(expected);
  });

  it('is a port, or none', () => {
    expect(errorOf({ debug: '70000' })).toMatchObject({ code: 'E_USAGE' });
    expect(errorOf({ debug: 'demo' }).message).toContain('--debug is "demo"');
  });
});

describe('--weightless', () => {
  it('has a run and an emulated GPU to itself', () => {
    expect(parse({ weightless: true })).toMatchObject({
      weightless: true,
      gpu: 'mock',
      fresh: true,
    });
    expect(() => parse({ weightless: true, gpu: 'nvidia' })).toThrow(/exclude each other/);
  });
});

describe('--torch', () => {
  it('is declared, or nearest', () => {
    expect(parse({ torch: 'declared' }).nearestTorch).toBe(false);
    expect(parse({ torch: 'nearest' }).nearestTorch).toBe(true);
  });

  it('is not a release, and names no environment', () => {
    expect(errorOf({ torch: '2.8.0' })).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('--torch is "2.8.0"'),
    });
    expect(errorOf({ torch: 'nearest', python: 'python3' })).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('--torch nearest and --python'),
    });
  });
});
