import { describe, expect, it } from 'vitest';
import { parseStoreAddress } from '../../../src/cluster/index.js';

describe('the address of a store', () => {
  it('has defaults', () => {
    expect(parseStoreAddress('redis://store', {})).toEqual({
      ...{ host: 'store', port: 6379, tls: null, database: 0, prefix: 'zerogpu' },
      ...{ username: undefined, password: undefined, shown: 'redis://store:6379/0' },
    });
  });

  it('names everything else, and is shown without user and password', () => {
    const text = 'rediss://ada:p%40ss@store.example:6380/3?prefix=paris';
    expect(parseStoreAddress(text, { ZEROGPU_CLUSTER_PASSWORD: 'other' })).toEqual({
      ...{ host: 'store.example', port: 6380, tls: { ca: undefined }, database: 3 },
      ...{ username: 'ada', password: 'p@ss', prefix: 'paris' },
      shown: 'rediss://store.example:6380/3',
    });
  });

  it('takes the password of the environment, and an address of IPv6', () => {
    const env = { ZEROGPU_CLUSTER_PASSWORD: 'of the environment' };
    const { host, password } = parseStoreAddress('valkey://[::1]:7000', env);
    expect([host, password]).toEqual(['::1', 'of the environment']);
  });

  it.each([
    'localhost:6379',
    'http://store',
    'redis://',
    'redis://:secret@store/first',
    'redis://:secret@store?prefix=a%20b',
    'redis://:secret@store?unknown=1',
    'redis://:secret@store?ca=/etc/ca.pem',
    'redis://:secret%@store',
    'rediss://:secret@store?ca=/no/such/file.pem',
    'redis://:secret@store:99999',
  ])('refuses %s, and does not repeat the password', (text) => {
    const error = caught(() => parseStoreAddress(text, {}));
    expect(error).toMatchObject({ code: 'E_USAGE' });
    expect(JSON.stringify(error) + String((error as Error).message)).not.toContain('secret');
  });
});

function caught(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
