/** The network of a Space's processes, in Python's own words: src/run/python/zerogpu_loopback.py. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const dir = resolve(import.meta.dirname, '../../../src/run/python');

function ask(expression: string): unknown {
  const code =
    'import json, sys; sys.path.insert(0, sys.argv[1]); from zerogpu_loopback import *; ' +
    `print(json.dumps(${expression}))`;
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', code, dir], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('where a server listens', () => {
  it.each([
    ['("0.0.0.0", 8000)', ['127.0.0.1', 8000]],
    ['("", 0)', ['127.0.0.1', 0]],
    ['("::", 8000, 0, 0)', ['::1', 8000, 0, 0]],
    ['("127.0.0.1", 8000)', ['127.0.0.1', 8000]],
    ['("192.168.1.7", 8000)', ['192.168.1.7', 8000]],
    ['("0.0.0.0", 7860)', ['127.0.0.1', 5000]],
    ['("127.0.0.1", 7860)', ['127.0.0.1', 5000]],
    ['("0.0.0.0", 7887)', ['127.0.0.1', 0]],
  ])('%s', (asked, expected) => {
    expect(ask(`listening_at(${asked}, 5000)`)).toEqual(expected);
  });
});

describe('where a client gets', () => {
  it.each([
    ['("127.0.0.1", 7860)', ['127.0.0.1', 5000]],
    ['("localhost", 7860)', ['localhost', 5000]],
    ['("127.0.0.1", 8000)', ['127.0.0.1', 8000]],
    ['("10.0.0.9", 7860)', ['10.0.0.9', 7860]],
  ])('%s', (asked, expected) => {
    expect(ask(`reached_at(${asked}, 5000)`)).toEqual(expected);
  });
});
