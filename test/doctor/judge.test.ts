/** What each fact of a machine means, and that every trouble comes with a way out. */
import { describe, expect, it } from 'vitest';
import type { MachineFacts, PythonFound } from '../../src/doctor/facts.js';
import { renderDoctor } from '../../src/doctor/index.js';
import { judge } from '../../src/doctor/judge.js';

const PYTHON: PythonFound = {
  command: '/env/bin/python',
  origin: 'active',
  version: '3.10.13',
  reason: null,
  packages: {
    ...{ gradio: '6.31.0', gradio_client: '2.7.2', spaces: '0.51.3', torch: '2.8.0+cpu' },
    ...{ transformers: null, diffusers: null },
  },
  canFork: true,
};

const GOOD: MachineFacts = {
  ...{ zerogpu: '0.1.0', node: '20.19.4', os: 'linux', osRelease: '6.1', arch: 'x64' },
  memoryBytes: 16 * 1024 ** 3,
  pythons: [PYTHON],
  basePython: 'Python 3.10.13  /usr/bin/python3',
  uv: null,
  compiler: '/usr/bin/g++',
  nvidia: [{ name: 'NVIDIA H200', driver: '570.1', memory: '141 GiB' }],
  port: { number: 7860, free: true, holder: null },
  state: { dir: '/state', problem: null, fix: '' },
  openFiles: 1024,
  clockBehindSeconds: 0,
  now: '2026-11-24T00:00:00.000Z',
  serve: { pid: 7, url: 'http://127.0.0.1:1' },
};

const packages = (change: Partial<NonNullable<PythonFound['packages']>>) => ({
  pythons: [{ ...PYTHON, packages: { ...PYTHON.packages, ...change } as PythonFound['packages'] }],
});

describe('zerogpu doctor', () => {
  it('finds nothing wrong with a machine that has everything', () => {
    const { checks, readyFor } = judge(GOOD);
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(readyFor).toEqual(['check', 'run', 'python']);
  });

  it.each<[string, Partial<MachineFacts>, string, string, string]>([
    ['another system', { os: 'darwin' }, 'system', 'fail', 'Linux'],
    ['no Python', { pythons: [], basePython: null }, 'python', 'fail', 'no python3 on PATH'],
    [
      'an old Python',
      { pythons: [{ ...PYTHON, version: '3.9.1' }], basePython: null },
      'python',
      'fail',
      '3.9.1',
    ],
    ['a Python elsewhere', { pythons: [] }, 'python', 'info', '/usr/bin/python3'],
    ['no fork', { pythons: [{ ...PYTHON, canFork: false }] }, 'fork', 'fail', 'fork'],
    ['no spaces', packages({ spaces: null }), 'packages', 'info', 'no spaces'],
    ['Gradio 3', packages({ gradio: '3.50.2' }), 'gradio', 'warn', '3.50.2'],
    ['an old torch', packages({ torch: '2.2.0' }), 'torch', 'warn', '2.4'],
    ['no torch', packages({ torch: null }), 'torch', 'info', 'no torch'],
    ['no card', { nvidia: 'none' }, 'gpu', 'info', 'emulated'],
    ['a broken driver', { nvidia: { failed: 'mismatch' } }, 'gpu', 'warn', 'mismatch'],
    [
      'a port in use',
      { port: { number: 7860, free: false, holder: 'python3 (pid 5)' } },
      'port',
      'info',
      'python3 (pid 5)',
    ],
    [
      'a state folder that is not ours',
      { state: { dir: '/s', problem: 'EACCES', fix: '--state-dir DIR' } },
      'state',
      'fail',
      'EACCES',
    ],
    ['few files', { openFiles: 256 }, 'files', 'warn', '256'],
    ['a clock behind', { clockBehindSeconds: 3600 }, 'clock', 'warn', '3600 s'],
    ['little memory', { memoryBytes: 1e9 }, 'memory', 'warn', '1'],
    ['no compiler', { compiler: null }, 'compiler', 'info', 'ahead-of-time'],
  ])('tells %s', (_, change, id, status, text) => {
    const { checks, readyFor } = judge({ ...GOOD, ...change });
    const found = checks.find((check) => check.id === id);
    expect(found).toMatchObject({ status, text: expect.stringContaining(text) });
    if (status === 'warn' || status === 'fail') expect(found?.fix).toBeTruthy();
    expect(readyFor.includes('run')).toBe(status !== 'fail');
  });

  it('takes the environment with the packages, not the first that runs', () => {
    const bare = { ...PYTHON, command: '/bare', packages: null };
    const { checks } = judge({ ...GOOD, pythons: [bare, PYTHON] });
    expect(checks.find(({ id }) => id === 'python')?.text).toContain('/env/bin/python');
  });

  it('prints a line for each, its fix below it, and what works', () => {
    const text = renderDoctor(judge({ ...GOOD, openFiles: 256 }), '0.1.0');
    expect(text).toContain('✓ Node 20.19.4\n');
    expect(text).toContain('! only 256 files may be open\n    fix  ulimit -n 4096\n');
    expect(text).toMatch(/\nready for: zerogpu check, zerogpu run, zerogpu python\n$/);
  });
});
