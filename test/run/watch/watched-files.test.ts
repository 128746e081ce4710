import { describe, expect, it } from 'vitest';
import { changedFiles, watchedKind } from '../../../src/run/watch/watched-files.js';

describe('watchedKind', () => {
  it.each([
    ['app.py', 'python'],
    ['pages/one/two.py', 'python'],
    ['requirements.txt', 'requirements'],
    ['pre-requirements.txt', 'requirements'],
    ['requirements-gpu.txt', 'requirements'],
    ['packages.txt', 'packages'],
    ['README.md', 'readme'],
  ])('%s is %s', (path, kind) => expect(watchedKind(path)).toBe(kind));

  it.each([
    'docs/README.md',
    'outputs/log.txt',
    'data.json',
    '__pycache__/app.cpython-311.pyc',
    'pkg/__pycache__/x.py',
    '.git/hooks/x.py',
    '.venv/lib/python3.11/site-packages/gradio/blocks.py',
    'node_modules/x/y.py',
    'tests/test_app.py',
    'test_app.py',
    'conftest.py',
    'app.py.swp',
    '4913',
  ])('%s is not watched', (path) => expect(watchedKind(path)).toBeNull());
});

describe('changedFiles', () => {
  const of = (files: Record<string, string>) => new Map(Object.entries(files));
  const before = of({ 'app.py': 'a', 'model.py': 'b' });

  it('names what has another content, and what is gone', () => {
    expect(changedFiles(before, of({ 'app.py': 'x' }), false)).toEqual(['app.py', 'model.py']);
    expect(changedFiles(before, before, true)).toEqual([]);
  });

  it('leaves out new Python files of an app that runs: it may have cloned them', () => {
    const now = of({ 'app.py': 'a', 'model.py': 'b', 'repo/setup.py': 'c' });
    expect(changedFiles(before, now, false)).toEqual([]);
    expect(changedFiles(before, now, true)).toEqual(['repo/setup.py']);
  });

  it('counts new files of requirements always', () => {
    const now = of({ 'app.py': 'a', 'model.py': 'b', 'requirements.txt': 'c' });
    expect(changedFiles(before, now, false)).toEqual(['requirements.txt']);
  });
});
