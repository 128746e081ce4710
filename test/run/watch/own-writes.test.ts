import { describe, expect, it } from 'vitest';
import { createOwnWrites, MOST_STARTS } from '../../../src/run/watch/own-writes.js';

function setUp() {
  const ignored: string[] = [];
  return { own: createOwnWrites((file) => ignored.push(file)), ignored };
}

describe('files that a Space writes itself', () => {
  it('are passed over once they have changed in many starts in a row', () => {
    const { own, ignored } = setUp();
    for (let start = 1; start < MOST_STARTS; start += 1) {
      expect(own.changed(['gen.py'], true)).toEqual(['gen.py']);
    }
    expect(own.changed(['gen.py', 'app.py'], true)).toEqual(['app.py']);
    expect(ignored).toEqual(['gen.py']);
    expect(own.changed(['gen.py'], false)).toEqual([]);
    expect(ignored).toEqual(['gen.py']);
  });

  it('are not those that somebody saves now and then', () => {
    const { own, ignored } = setUp();
    for (let save = 0; save < 3 * MOST_STARTS; save += 1) {
      expect(own.changed(['app.py'], true)).toEqual(['app.py']);
      own.startIsOver();
      own.startIsOver();
      expect(own.changed(['app.py'], false)).toEqual(['app.py']);
    }
    expect(ignored).toEqual([]);
  });
});
