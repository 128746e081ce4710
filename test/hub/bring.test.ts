import { describe, expect, it } from 'vitest';
import { judgeDownload } from '../../src/hub/bring.js';

const yes = async () => true;

describe('what may be downloaded', () => {
  it.each([
    ['little, unasked', 1e6, { yes: false, mostBytes: null, confirm: null }, 'bring'],
    ['much, with a person there', 2e8, { yes: false, mostBytes: null, confirm: yes }, 'ask'],
    ['much, without a terminal', 2e8, { yes: false, mostBytes: null, confirm: null }, 'refuse'],
    ['much, agreed to', 2e12, { yes: true, mostBytes: null, confirm: null }, 'bring'],
    ['within an explicit limit', 2e8, { yes: false, mostBytes: 3e8, confirm: yes }, 'bring'],
    ['above it, --yes or not', 2e8, { yes: true, mostBytes: 1e8, confirm: yes }, 'limit'],
    ['little, above a small limit', 20, { yes: true, mostBytes: 10, confirm: yes }, 'limit'],
    ['nothing', 0, { yes: false, mostBytes: 1, confirm: null }, 'bring'],
  ] as const)('%s', (_, bytes, consent, verdict) => {
    expect(judgeDownload(bytes, consent)).toBe(verdict);
  });
});
