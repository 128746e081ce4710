import { describe, expect, it } from 'vitest';
import { createCleanup } from '../../../src/run/state/cleanup.js';

describe('cleanup', () => {
  it('undoes the last thing first, each after the one before it is undone', async () => {
    const done: string[] = [];
    const cleanup = createCleanup();
    cleanup.add('folder', () => void done.push('folder'));
    cleanup.add('server', async () => {
      done.push('server…');
      await new Promise((resolve) => setTimeout(resolve, 10));
      done.push('server');
    });
    cleanup.add('app', () => void done.push('app'));
    expect(await cleanup.run()).toEqual([]);
    expect(done).toEqual(['app', 'server…', 'server', 'folder']);
  });

  it('continues after a step that fails, and tells of it', async () => {
    const done: string[] = [];
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    const cleanup = createCleanup();
    cleanup.add('a', () => void done.push('a'));
    cleanup.add('b', () => {
      throw thrown;
    });
    cleanup.add('c', () => Promise.reject(rejected));
    cleanup.add('d', () => void done.push('d'));
    expect(await cleanup.run()).toEqual([
      { name: 'c', error: rejected },
      { name: 'b', error: thrown },
    ]);
    expect(done).toEqual(['d', 'a']);
  });

  it('undoes everything once, however often it is asked to', async () => {
    let times = 0;
    const cleanup = createCleanup();
    cleanup.add('a', () => {
      times += 1;
    });
    await Promise.all([cleanup.run(), cleanup.run()]);
    await cleanup.run();
    expect(times).toBe(1);
  });

  it('undoes what a step adds while it is being undone', async () => {
    const done: string[] = [];
    const cleanup = createCleanup();
    cleanup.add('a', () => void done.push('a'));
    cleanup.add('b', () => cleanup.add('late', () => void done.push('late')));
    await cleanup.run();
    expect(done).toEqual(['late', 'a']);
  });

  it('has nothing to do for a run that made nothing', async () => {
    expect(await createCleanup().run()).toEqual([]);
  });
});
