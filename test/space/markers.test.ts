import { describe, expect, it } from 'vitest';
import { linuxEnvironment, parseMarker } from '../../src/space/markers.js';

const environment = linuxEnvironment('3.10.13');

describe('environment markers on the platform', () => {
  it.each([
    ['python_version < "3.11"', true],
    ['python_version >= "3.9"', true],
    ["python_version == '3.1'", false],
    ['python_full_version >= "3.10.13"', true],
    ['sys_platform == "darwin"', false],
    ['sys_platform != "win32" and platform_machine == "x86_64"', true],
    ['(sys_platform == "win32" or os_name == "posix") and extra != "dev"', true],
    ['"linux" in sys_platform', true],
    ['platform_system not in "Windows Darwin"', true],
    ['platform_system=="Windows"', false],
    ['python_version~="3.9"', true],
  ])('%s is %s', (marker, wanted) => expect(parseMarker(marker)?.(environment)).toBe(wanted));

  it.each([
    '',
    'python',
    'bogus == "1"',
    'python_version >= 3.8',
    'python_version',
    '(os_name == "a"',
  ])('%j is none', (marker) => expect(parseMarker(marker)).toBeNull());

  it('gives up on brackets without end', () => {
    expect(parseMarker(`${'('.repeat(100_000)}os_name == "a"`)).toBeNull();
  });
});
