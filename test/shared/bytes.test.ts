import { describe, expect, it } from 'vitest';
import { formatBytes, parseBytes } from '../../src/shared/bytes.js';

describe('parseBytes', () => {
  it.each([
    ['70GB', 70e9],
    ['2 GiB', 2 * 2 ** 30],
    ['512mb', 512e6],
    ['1000', 1000],
    ['1.5GB', 1.5e9],
  ])('reads %s', (text, bytes) => {
    expect(parseBytes(text, '--vram')).toBe(bytes);
  });

  it.each(['', '0', '-1GB', 'GB', '1 parsec', '1e400GB', '9'.repeat(30)])('refuses %j', (text) => {
    expect(() => parseBytes(text, '--vram')).toThrow(`--vram is "${text}"`);
  });
});

describe('formatBytes', () => {
  it.each([
    [12, '12 B'],
    [1_500, '1.5 kB'],
    [74_625_056_768, '74.6 GB'],
    [2e12, '2.0 TB'],
  ])('writes %d', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
