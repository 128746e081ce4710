import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/platform/index.js';
import { declaredTable } from '../../src/run/console/declared-table.js';
import { declaredDifferences } from '../../src/run/declared.js';
import { parseRequirement } from '../../src/space/index.js';

const { versions } = loadProfile('h200');
const requirement = (text: string) => ({
  ...{ file: 'requirements.txt', line: 1 },
  ...parseRequirement(text),
});

function differences(changes: Partial<Parameters<typeof declaredDifferences>[0]>) {
  return declaredDifferences({
    versions,
    frontMatter: { pythonVersion: null, sdkVersion: null },
    requirements: [],
    missingSystemPackages: [],
    python: '3.10.13',
    installed: { gradio: '6.31.0', torch: '2.8.0+cpu' },
    compromises: {},
    ...changes,
  });
}

describe('what is declared and what runs', () => {
  it('is the same for a Space that declares nothing on the platform’s own versions', () => {
    expect(differences({})).toEqual([]);
  });

  it.each([
    [null, '3.11.7', '(3.10.13)'],
    ['3.12', '3.11.7', '3.12'],
    [null, '3.10.12', undefined],
    ['3.12.12', '3.12.3', undefined],
  ])('differs in Python: %s against %s', (pythonVersion, python, declared) => {
    const found = differences({ python, frontMatter: { pythonVersion, sdkVersion: null } });
    expect(found.map((row) => row.declared)).toEqual(declared === undefined ? [] : [declared]);
  });

  it('differs in sdk_version by more than nothing', () => {
    const frontMatter = { pythonVersion: null, sdkVersion: '5.49.1' };
    expect(differences({ frontMatter })).toEqual([
      { name: 'sdk_version', declared: '5.49.1', running: '6.31.0' },
    ]);
    expect(differences({ frontMatter: { ...frontMatter, sdkVersion: '6.31.0' } })).toEqual([]);
  });

  it('differs in a torch that the platform does not have, whether it is listed or not', () => {
    const row = { name: 'torch', declared: '(2.1.0 to 2.8.0)', running: '2.13.0+cpu' };
    const installed = { torch: '2.13.0+cpu' };
    expect(differences({ installed })).toEqual([row]);
    expect(differences({ installed, requirements: [requirement('torch')] })).toEqual([row]);
    expect(differences({ installed: { torch: null } })).toEqual([]);
  });

  it('says why zerogpu has chosen another one', () => {
    const compromises = {
      python: 'no Python 3.10 was found',
      torch: 'no CPU build of 2.8.0 is in the index',
    };
    const installed = { torch: '2.13.0+cpu' };
    expect(differences({ python: '3.11.7', installed, compromises })).toEqual([
      {
        ...{ name: 'Python', declared: '(3.10.13)' },
        running: '3.11.7 (no Python 3.10 was found)',
      },
      {
        ...{ name: 'torch', declared: '(2.1.0 to 2.8.0)' },
        running: '2.13.0+cpu (no CPU build of 2.8.0 is in the index)',
      },
    ]);
  });

  it('differs in each requirement that another version or none is installed of', () => {
    const requirements = [
      requirement('torch==2.8.0'),
      requirement('einops'),
      requirement('numpy>=1.26,<3'),
      requirement('pillow>=12'),
      requirement('pywin32; sys_platform == "win32"'),
      requirement('./local'),
    ];
    const installed = {
      ...{ torch: '2.13.0+cpu', einops: null, numpy: '2.4.6', pillow: '11.3.0', pywin32: null },
    };
    expect(differences({ requirements, installed })).toEqual([
      { name: 'torch', declared: '==2.8.0', running: '2.13.0+cpu' },
      { name: 'einops', declared: 'any version', running: 'not installed' },
      { name: 'pillow', declared: '>=12', running: '11.3.0' },
    ]);
  });

  it('takes a build of the pinned version for that version', () => {
    const requirements = [requirement('torch==2.8.0')];
    expect(differences({ requirements, installed: { torch: '2.8.0+cpu' } })).toEqual([]);
  });

  it('names the Debian packages that are missing, with the command that installs them', () => {
    expect(differences({ missingSystemPackages: ['ffmpeg', 'libsm6'] })).toEqual([
      {
        ...{ name: 'packages.txt', declared: 'ffmpeg libsm6' },
        running: 'not installed (sudo apt-get install ffmpeg libsm6)',
      },
    ]);
  });

  it('is a table with a title, or nothing', () => {
    expect(declaredTable([])).toEqual([]);
    expect(declaredTable([{ name: 'Python', declared: '(3.10.13)', running: '3.11.7' }])).toEqual([
      'differs   declared (or of the platform)  running here',
      'Python    (3.10.13)                      3.11.7',
    ]);
  });
});
