import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMockBackend } from '../../../src/gpu/mock/index.js';
import { loadProfile } from '../../../src/platform/index.js';

let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'zerogpu-backend-'));
});
afterEach(() => rmSync(runDir, { recursive: true }));

const request = () => ({
  ...{ profile: loadProfile('rtx-pro-6000'), gpus: 1, vramBytes: null, runDir },
});

describe('the emulated GPU', () => {
  it('has weights unless it is asked for none', () => {
    const { description, environment } = createMockBackend(request());
    expect(description).toMatch(/^mock NVIDIA/);
    expect(Object.keys(environment()).filter((name) => name.includes('WEIGHTLESS'))).toEqual([]);
  });

  it('says to workers of a weightless run what they stand for and where their calls go', () => {
    const { description, environment } = createMockBackend({ ...request(), weightless: true });
    expect(description).toMatch(/^weightless NVIDIA/);
    const calls = join(runDir, 'weightless');
    expect(environment()).toMatchObject({
      ZEROGPU_WEIGHTLESS: '1',
      ZEROGPU_WEIGHTLESS_PROFILE: 'rtx-pro-6000',
      ZEROGPU_WEIGHTLESS_CALLS: calls,
    });
    expect(existsSync(calls)).toBe(true);
  });

  it('takes the folder of whoever reads the calls', () => {
    const callsDir = join(runDir, 'mine');
    const backend = createMockBackend({ ...request(), weightless: true, callsDir });
    expect(backend.environment()['ZEROGPU_WEIGHTLESS_CALLS']).toBe(callsDir);
  });
});
