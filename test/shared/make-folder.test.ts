import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/shared/make-folder.js';
import { temporaryFolder } from '../support/supervise.js';

describe('a folder', () => {
  it('is made with those above it, with the mode, and may be there already', () => {
    const path = join(temporaryFolder(), 'a', 'b', 'c');
    makeFolder(path, 0o700);
    makeFolder(path, 0o755);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
  });

  it.skipIf(!existsSync('/proc/self'))(
    'is refused, and not tried for ever, where none is made',
    () => {
      expect(() => makeFolder('/proc/nowhere/zerogpu/allocators')).toThrow(
        /ENOENT.*\/proc\/nowhere/,
      );
      expect(() => makeFolder('/proc/self/nowhere')).toThrow(/ENOENT/);
    },
  );

  it('is refused below a file, and where a link leads nowhere', () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'file'), 'kept');
    symlinkSync(join(dir, 'nowhere'), join(dir, 'link'));
    expect(() => makeFolder(join(dir, 'file'))).toThrow(/ENOTDIR/);
    expect(() => makeFolder(join(dir, 'file', 'below'))).toThrow(/ENOTDIR/);
    expect(() => makeFolder(join(dir, 'link'))).toThrow(/ENOTDIR/);
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('kept');
  });
});
