import { describe, expect, it } from 'vitest';
import { readPipReleases } from '../../src/python-env/torch-builds.js';
import {
  type Consent,
  nearestWish,
  type TorchBuilds,
  torchOptions,
  torchWish,
} from '../../src/python-env/torch-choice.js';
import { parseRequirement } from '../../src/space/index.js';

const PLATFORM = ['2.1.0', '2.8.0', '2.7.1', '2.10.0'];

const line = (text: string) => ({
  ...{ file: 'requirements.txt', line: 1 },
  ...parseRequirement(text),
});

describe('what a Space leaves open of PyTorch', () => {
  it.each([
    [undefined, { listed: ['2.10.0', '2.8.0', '2.7.1', '2.1.0'], as: 'requirement' }],
    ['torch', { listed: ['2.10.0', '2.8.0', '2.7.1', '2.1.0'], as: 'constraint' }],
    ['torch>=2.4,<2.9', { listed: ['2.8.0', '2.7.1'], as: 'constraint' }],
    ['torch==2.8.0', null],
    ['torch==2.3.1', null],
    ['torch @ https://example.com/torch.whl', null],
    ['torch>=3', null],
  ])('%s', (text, expected) => {
    const wish = torchWish(text === undefined ? undefined : line(text), PLATFORM);
    if (expected === null) expect(wish).toBeNull();
    else expect(wish).toMatchObject(expected);
  });
});

function options(builds: Partial<TorchBuilds>, consent: Consent, text = 'torch') {
  const wish = torchWish(line(text), PLATFORM);
  if (wish === null) throw new Error(`${text} leaves nothing open`);
  return torchOptions(wish, { cpu: [], cuda: [], ...builds }, consent);
}
const byUv = (...releases: string[]) => releases.map((release) => ({ release, by: 'uv' as const }));
const byPip = (...releases: string[]) =>
  releases.map((release) => ({ release, by: 'pip' as const }));

describe('the ways to get PyTorch', () => {
  it('is the newest CPU build of the platform’s list, and no other way is needed', () => {
    expect(options({ cpu: byUv('2.10.0', '2.8.0') }, 'ask')).toEqual([
      { release: '2.10.0', build: 'cpu', by: 'uv', why: null },
    ]);
  });

  it('is an older one of the list where the newest has none, with the reason', () => {
    expect(options({ cpu: byPip('2.7.1', '2.13.0'), cuda: ['2.10.0'] }, 'yes')).toEqual([
      { release: '2.7.1', build: 'cpu', by: 'pip', why: 'no CPU build of 2.10.0 is in the index' },
    ]);
  });

  const onlyOthers = { cpu: byPip('2.13.0'), cuda: ['2.8.0', '2.10.0'] };
  const nearest = {
    ...{ release: '2.13.0', build: 'cpu', by: 'pip' },
    why: 'no CPU build of 2.10.0 is in the index',
  };
  const cuda = { release: '2.10.0', build: 'cuda', by: null, why: null };

  it('asks for a CUDA build of the list before it takes the nearest other release', () => {
    expect(options(onlyOthers, 'ask')).toEqual([cuda, nearest]);
  });

  it.each(['yes', 'no'] as const)('takes the nearest other release unasked (%s)', (consent) => {
    expect(options(onlyOthers, consent)).toEqual([nearest, cuda]);
  });

  it('is a CUDA build alone where no release has another', () => {
    expect(options({ cuda: ['2.8.0'] }, 'no')).toEqual([
      { ...cuda, release: '2.8.0', why: '2.10.0 is not in the index' },
    ]);
  });

  it('is none where the index has nothing', () => {
    expect(options({}, 'yes')).toEqual([]);
  });

  it.each([
    [['2.9.1', '2.11.0'], '2.11.0'],
    [['2.6.0', '2.13.0'], '2.13.0'],
    [['2.9.1', '2.13.0'], '2.9.1'],
  ])('counts releases, not numbers: of %j %s is nearest', (releases, expected) => {
    const cpu = byPip(...releases);
    const between = ['2.7.0', '2.9.0', '2.9.1', '2.11.0', '2.12.0'];
    const all = between.filter((release) => !releases.includes(release));
    expect(options({ cpu, cuda: all }, 'no')[0]?.release).toBe(expected);
  });

  it('takes none that the Space excludes, that is too old, or newer than what is tested', () => {
    expect(options({ cpu: byPip('2.13.0') }, 'no', 'torch<2.11')).toEqual([]);
    expect(options({ cpu: byPip('2.0.1', '99.0.0') }, 'no')).toEqual([]);
  });
});

describe('the releases of pip’s index', () => {
  const output = [
    'torch (2.15.0)',
    'Available versions: 2.15.0, 2.13.0+cpu, 2.13.0, 2.8.0+cu128, 2.8.0+cpu, 2.7.1',
    '  LATEST:    2.15.0',
  ].join('\n');

  it('are distinguished by their names', () => {
    expect(readPipReleases(output, 'x64')).toEqual({
      cpu: byPip('2.13.0', '2.8.0'),
      cuda: ['2.15.0', '2.7.1'],
    });
  });

  it('have CPU builds without a local version where there are no cards', () => {
    expect(readPipReleases(output, 'arm64')?.cpu).toEqual(
      byPip('2.15.0', '2.13.0', '2.8.0', '2.7.1'),
    );
  });

  it('are unknown to a pip that can’t list them', () => {
    expect(readPipReleases('ERROR: unknown command "index"', 'x64')).toBeNull();
  });
});

describe('--torch nearest, for a Space that pins a release', () => {
  function ways(pin: string, builds: Partial<TorchBuilds>) {
    const wish = nearestWish(line(`torch==${pin}`));
    if (wish === null) throw new Error(`${pin} is no pin`);
    return torchOptions(wish, { cpu: [], cuda: [], ...builds }, 'ask');
  }

  it('is the pinned one where it runs here', () => {
    expect(ways('2.4.1+cu121', { cpu: byUv('2.4.1') })).toEqual([
      { release: '2.4.1', build: 'cpu', by: 'uv', why: null },
    ]);
  });

  it('is the nearest with a CPU build, before the gigabytes of the pinned one', () => {
    const builds = { cpu: byPip('2.1.0', '2.13.0'), cuda: ['2.4.1', '2.8.0', '2.9.0'] };
    expect(ways('2.8.0', builds)).toEqual([
      { release: '2.13.0', build: 'cpu', by: 'pip', why: 'no CPU build of 2.8.0 is in the index' },
      { release: '2.8.0', build: 'cuda', by: null, why: null },
    ]);
  });

  it('is never one that can’t be emulated, build or no build', () => {
    const builds = { cpu: byUv('1.13.1', '2.0.1', '2.1.0'), cuda: ['2.0.1'] };
    expect(ways('2.0.1', builds)).toEqual([
      {
        ...{ release: '2.1.0', build: 'cpu', by: 'uv' },
        why: 'the emulated GPU needs PyTorch 2.1.0 or newer',
      },
    ]);
  });

  it('has nothing to decide where nothing is pinned', () => {
    for (const text of ['torch', 'torch>=2.4']) expect(nearestWish(line(text))).toBeNull();
    expect(nearestWish(undefined)).toBeNull();
  });
});
