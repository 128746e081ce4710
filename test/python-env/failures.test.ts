import { describe, expect, it } from 'vitest';
import { installError } from '../../src/python-env/failures.js';
import type { Requirement } from '../../src/space/index.js';

function requirement(text: string, line: number): Requirement {
  const name = /^[A-Za-z0-9._-]+/.exec(text)?.[0] ?? null;
  const rest = { extras: [], specifier: '', pin: null, marker: null, url: null };
  return { file: 'requirements.txt', line, text, name, ...rest };
}

const REQUIREMENTS = [requirement('numpy', 1), requirement('no-such-thing==9.9', 3)];

function failure(output: string, freeBytes = 10e9) {
  const context = { requirements: REQUIREMENTS, dir: '/cache/envs/a', logFile: '/cache/a.log' };
  return installError({ output, freeBytes, ...context });
}

describe("an installer's failure", () => {
  it('points at the line that is to blame, without the list of all versions', () => {
    const error = failure(
      'Collecting numpy\n' +
        'ERROR: Could not find a version that satisfies the requirement no-such-thing==9.9 (from versions: 1.0, 2.0)\n' +
        'ERROR: No matching distribution found for no-such-thing==9.9\n',
    );
    expect(error).toMatchObject({ code: 'E_SPACE_REQUIREMENTS', exitCode: 3 });
    expect(error.message).toBe('requirements.txt:3: "no-such-thing==9.9" can\'t be installed');
    expect(error.why).not.toContain('1.0, 2.0');
    expect(error.why).toContain('/cache/a.log');
  });

  it('points at a line that uv cannot read', () => {
    const error = failure(
      "error: Couldn't parse requirement in `/space/requirements.txt` at position 6\n" +
        '  Caused by: no such comparison operator "=", must be one of ~= == != <= >= < > ===\n' +
        'no-such-thing==9.9\n' +
        '              ^^^^\n',
    );
    expect(error).toMatchObject({ code: 'E_SPACE_REQUIREMENTS', exitCode: 3 });
    expect(error.message).toBe('requirements.txt:3: "no-such-thing==9.9" can\'t be installed');
  });

  it.each([
    'WARNING: Retrying after connection broken by NewConnectionError\nERROR: No matching distribution',
    'error: error sending request for url\n  Caused by: dns error: Temporary failure in name resolution',
    'ERROR: Could not find a version that satisfies the requirement gradio (from versions: none)',
  ])('tells an index that cannot be reached: %s', (output) => {
    const error = failure(output);
    expect(error).toMatchObject({ code: 'E_PYTHON_INSTALL', exitCode: 3 });
    expect(error.message).toBe('the package index could not be reached');
  });

  it('tells a full disk, also when the tool does not', () => {
    const said = failure('ERROR: [Errno 28] No space left on device');
    const unsaid = failure("Command '-m ensurepip' returned non-zero exit status 1.", 4_096);
    for (const error of [said, unsaid]) expect(error.message).toMatch(/^the disk is full/);
  });

  it('tells a Python without venv', () => {
    const error = failure(
      'The virtual environment was not created because ensurepip is not available',
    );
    expect(error.fix[0]).toContain('python3-venv');
  });

  it('blames the whole for a conflict', () => {
    const error = failure('ERROR: Cannot install a and b because these package versions conflict');
    expect(error).toMatchObject({ code: 'E_PYTHON_INSTALL' });
    expect(error.message).toContain("can't be installed together");
  });
});
