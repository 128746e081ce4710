import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { discover } from '../../../src/gpu/nvidia/discover.js';
import { parseApps, parseCards } from '../../../src/gpu/nvidia/parse.js';
import { CONTEXT_BYTES, makeSlices } from '../../../src/gpu/nvidia/slices.js';
import { smiOnPath } from '../../../src/gpu/nvidia/smi.js';
import { UserError } from '../../../src/shared/errors.js';
import { type FakeCard, fakeSmi } from '../../support/gpu/fake-smi.js';

const MIB = 2 ** 20;
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

function find(card: FakeCard, visible?: string, timeoutMs = 10_000) {
  const smi = fakeSmi(card);
  cleanups.push(smi.remove);
  return discover(smiOnPath(smi.env), visible, timeoutMs);
}

async function slicesOf(card: FakeCard, request: object = {}, visible?: string) {
  const { cards, migs, migBytes } = await find(card, visible);
  return makeSlices(cards, migs, migBytes, { gpus: 1, slices: 1, vramBytes: null, ...request });
}

async function refusal(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('a machine', () => {
  it('with an H100 offers it whole', async () => {
    expect(await slicesOf('h100')).toEqual([
      {
        index: 0,
        gpu: 0,
        uuid: 'GPU-10000000-0000-4000-8000-000000000001',
        cardUuid: 'GPU-10000000-0000-4000-8000-000000000001',
        vramBytes: 81_559 * MIB,
      },
    ]);
  });

  it('with a partitioned H200 offers its MIG devices, under their own UUIDs', async () => {
    const slices = await slicesOf('h200-mig');
    expect(slices.map(({ uuid, gpu, index, vramBytes }) => [index, gpu, uuid, vramBytes])).toEqual([
      [0, 0, 'MIG-30000000-0000-5000-8000-000000000001', 71_424 * MIB],
      [1, 0, 'MIG-30000000-0000-5000-8000-000000000002', 71_424 * MIB],
    ]);
    const error = await refusal(slicesOf('h200-mig', { slices: 2 }));
    expect(error).toMatchObject({ code: 'E_USAGE', fix: ['leave --slices out'] });
  });

  it('with an RTX 4090 tells its figures, null where the card does not', async () => {
    const { cards } = await find('rtx-4090');
    expect(cards).toMatchObject([
      { name: 'NVIDIA GeForce RTX 4090', temperatureCelsius: 41, powerWatts: 22.05, mig: false },
    ]);
    expect((await find('two-gpus')).cards[1]?.powerWatts).toBeNull();
  });

  it('with two cards offers as many as asked for, and of those that CUDA_VISIBLE_DEVICES leaves', async () => {
    const two = await slicesOf('two-gpus', { gpus: 2, slices: 2 });
    expect(two.map(({ index, gpu }) => [index, gpu])).toEqual([
      [0, 0],
      [1, 0],
      [2, 1],
      [3, 1],
    ]);
    const second = await slicesOf('two-gpus', {}, '1');
    expect(second[0]?.uuid).toBe('GPU-40900000-0000-4000-8000-000000000002');
    const error = await refusal(
      slicesOf('two-gpus', { gpus: 2 }, 'GPU-40900000-0000-4000-8000-000000000002'),
    );
    expect(error.message).toBe('--gpus is 2, and there is 1 card');
    expect((await refusal(find('two-gpus', ''))).why).toContain('leaves none of 2 card(s)');
  });

  it('without a driver, with one that is not loaded, and with one that hangs are distinguished', async () => {
    const none = await refusal(discover(smiOnPath({ PATH: '/nonexistent' }), undefined));
    expect(none).toMatchObject({
      code: 'E_GPU_UNAVAILABLE',
      exitCode: 3,
      why: 'there is no nvidia-smi on PATH.',
    });
    expect((await refusal(find('error'))).why).toContain("couldn't communicate with the NVIDIA");
    expect((await refusal(find('hang', undefined, 200))).why).toBe(
      'nvidia-smi did not answer within 0.2 s.',
    );
  });
});

describe('shares of a card', () => {
  it('that do not fit are refused with what would', async () => {
    const error = await refusal(slicesOf('rtx-4090', { slices: 2, vramBytes: 20e9 }));
    expect(error).toMatchObject({
      code: 'E_USAGE',
      message: 'slices of 20.0 GB do not fit on the GPU',
    });
    expect(error.fix).toEqual(['--vram 11804MB']);
    expect((await slicesOf('rtx-4090', { slices: 2, vramBytes: 11_804e6 })).length).toBe(2);
  });

  it('and what their processes need besides never exceed the card', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20_000, max: 200_000 }),
        fc.integer({ min: 2, max: 16 }),
        (mib, n) => {
          const [card] = parseCards(`0, GPU-1, A card, ${mib}, 0, 0, 0, 0, Disabled`);
          const slices = makeSlices(card ? [card] : [], [], new Map(), {
            gpus: 1,
            slices: n,
            vramBytes: null,
          });
          const all = slices.reduce((sum, { vramBytes }) => sum + vramBytes + CONTEXT_BYTES, 0);
          expect(slices).toHaveLength(n);
          expect(all).toBeLessThanOrEqual(mib * MIB);
        },
      ),
    );
  });
});

describe('what nvidia-smi prints', () => {
  it('may be anything: lines that are no card and no process are left out', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseCards(text)).toEqual([]);
        expect(parseApps(text)).toEqual([]);
      }),
    );
    expect(parseApps('GPU-1, 12, [N/A]\nGPU-1, 13, 5\nNo running processes found\n')).toEqual([
      { cardUuid: 'GPU-1', pid: 12, usedBytes: null },
      { cardUuid: 'GPU-1', pid: 13, usedBytes: 5 * MIB },
    ]);
  });
});
