/** A short form of test/adversary/cluster.mjs: four real allocators, one real store, faults from a seed. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { STORE_PROGRAMS } from '../support/cluster/store-server.js';

const store = STORE_PROGRAMS.valkey ?? STORE_PROGRAMS.redis;

it.skipIf(store === null)(
  'gives no visitor more than the quota and charges nothing twice, whatever ends, stops or is cut off',
  async () => {
    const { stdout } = await execa({
      node: true,
      reject: false,
      env: {
        ZEROGPU_ADVERSARY_ROUNDS: '4',
        ZEROGPU_ADVERSARY_VISITORS: '60',
        ZEROGPU_ADVERSARY_SEED: '1',
        ZEROGPU_TEST_STORE: store ?? '',
      },
    })`test/adversary/cluster.mjs`;
    expect(stdout).toMatch(/ 0 wrong$/);
  },
);
