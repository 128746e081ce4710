import { frontMatterField } from '../../../space/index.js';
import { defineRule } from '../../rule.js';
import { compareVersions, minorOf } from '../../versions.js';
import { fieldRange, isGradio, replaceValue, textOf } from './fields.js';

type Data = {
  readonly profile: string;
  readonly version: string;
  readonly supported: readonly string[];
  readonly isVersion: boolean;
};

export const pythonVersionUnsupported = defineRule<Data>({
  id: 'ZG106',
  name: 'python-version-unsupported',
  severity: 'error',
  summary: 'the Python version of the front matter is not one of the platform',
  docs: {
    why: `ZeroGPU Spaces run on the Python versions that the platform lists, because PyTorch and the device hooks are
prepared for these. The patch release does not matter: \`3.10\` and \`3.10.13\` are the same Python there. A
version that a newer edition of the platform has is a warning here, not an error.`,
    instead: 'Write a version of the list, in quotes.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'python_version: "3.9"' },
      { title: 'Passes', language: 'yaml', code: 'python_version: "3.10"' },
    ],
    evidence:
      'Hugging Face documentation, page "Spaces ZeroGPU"; spaces 0.51.3 needs >=3.10,<3.15 (PyPI).',
  },
  *check({ space, profile, profiles }) {
    const field = frontMatterField(space, 'python_version');
    const version = textOf(space, 'python_version');
    if (!field || version === null || !isGradio(space, profile)) return;
    const supported = profile.versions.python;
    const isVersion = /^3(\.\d+){0,2}$/.test(version);
    if (isVersion && supported.some((one) => covers(version, one))) return;
    const isElsewhere =
      isVersion &&
      profiles.some(({ versions }) => versions.python.some((one) => covers(version, one)));
    const nearest = isVersion && !isElsewhere ? nearestTo(version, supported) : null;
    const fix = nearest === null ? undefined : replaceValue(field, `"${nearest}"`);
    yield {
      file: 'README.md',
      range: fieldRange(field),
      ...(fix && { fix: { ...fix, safety: 'unsafe' as const } }),
      ...(isElsewhere ? { severity: 'warning' as const } : {}),
      data: { profile: profile.name, version, supported, isVersion },
    };
  },
  words({ profile, version, supported, isVersion }) {
    const list = supported.map(minorOf).join(', ');
    if (!isVersion) {
      return {
        message: `python_version is "${version}", which is not a Python version`,
        note: `write one of: ${list}`,
      };
    }
    return {
      message: `ZeroGPU on ${profile} has no Python ${version}`,
      note: `supported: ${list}`,
    };
  },
});

/** `3`, `3.10` and `3.10.2` all stand for the platform's 3.10.13. */
function covers(version: string, listed: string): boolean {
  return version === '3' || minorOf(version) === minorOf(listed);
}

/** The next minor above, else the highest below. */
function nearestTo(version: string, listed: readonly string[]): string | null {
  const sorted = listed.map(minorOf).sort(compareVersions);
  return sorted.find((one) => compareVersions(one, version) > 0) ?? sorted.at(-1) ?? null;
}
