import { describe, expect, it } from 'vitest';
import { assertPlatformSupported } from '../../../src/run/options/platform-support.js';

describe('the operating system', () => {
  it('is fine when it is Linux', () => {
    expect(() => assertPlatformSupported('linux')).not.toThrow();
  });

  it.each([
    ['darwin', 'macOS', /container/],
    ['win32', 'Windows', /^wsl --install/],
    ['freebsd', 'FreeBSD', /container/],
    ['sunos', 'sunos', /container/],
  ] as const)('%s gets the reason and the alternatives', (platform, name, way) => {
    expect(() => assertPlatformSupported(platform)).toThrow(
      expect.objectContaining({
        code: 'E_OS_UNSUPPORTED',
        exitCode: 3,
        message: `zerogpu run needs Linux; this is ${name}`,
        why: expect.stringContaining('O_DIRECT'),
        fix: [expect.stringMatching(way), expect.any(String)],
      }),
    );
  });
});
