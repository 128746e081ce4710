import { frontMatterField } from '../../../space/index.js';
import { defineRule } from '../../rule.js';
import { compareVersions, isVersion } from '../../versions.js';
import { blockRange, fieldRange, isGradio, readBlock, textOf } from './fields.js';

type Data = {
  readonly problem: 'too-old' | 'missing' | 'no-version';
  readonly version: string | null;
  readonly minimum: string;
};

export const sdkVersionUnsupported = defineRule<Data>({
  id: 'ZG104',
  name: 'sdk-version-unsupported',
  severity: 'error',
  summary: 'the Gradio version of the front matter is older than ZeroGPU takes',
  docs: {
    why: `ZeroGPU works with Gradio 4 and newer: the \`spaces\` package hooks into its queue, and says "ZeroGPU is only
compatible with Gradio 4+" with anything older. Without an \`sdk_version\`, each build takes the newest Gradio
of its day, and a major release breaks the app without a push (a warning).`,
    instead: 'Name the Gradio release that you tested with, 4.0 or newer.',
    examples: [
      { title: 'Fails', language: 'yaml', code: 'sdk: gradio\nsdk_version: 3.50.2' },
      { title: 'Passes', language: 'yaml', code: 'sdk: gradio\nsdk_version: 5.49.1' },
    ],
    evidence:
      'Hugging Face documentation, page "Spaces ZeroGPU"; spaces 0.51.3 (PyPI), spaces/zero/client.py.',
  },
  *check({ space, profile }) {
    const block = readBlock(space);
    if (!block || !isGradio(space, profile)) return;
    const field = frontMatterField(space, 'sdk_version');
    // The rule on types reports a list or a table.
    if (field?.text === undefined && field) return;
    const version = textOf(space, 'sdk_version');
    const minimum = profile.versions.gradioMinimum;
    const range = field ? fieldRange(field) : blockRange(block);
    const place = { file: 'README.md', range };
    if (version === null) {
      yield { ...place, severity: 'warning', data: { problem: 'missing', version, minimum } };
    } else if (!isVersion(version)) {
      yield { ...place, severity: 'warning', data: { problem: 'no-version', version, minimum } };
    } else if (compareVersions(version, minimum) < 0) {
      yield { ...place, data: { problem: 'too-old', version, minimum } };
    }
  },
  words({ problem, version, minimum }) {
    const major = minimum.replace(/(?:\.0)+$/, '');
    switch (problem) {
      case 'missing':
        return {
          message: 'no sdk_version: each build takes the newest Gradio of its day',
          help: 'sdk_version: X.Y.Z   (the release that you tested with)',
        };
      case 'no-version':
        return {
          message: `sdk_version is "${version}", which is not a version`,
          note: 'write X.Y.Z',
        };
      case 'too-old':
        return {
          message: `Gradio ${version} is too old for ZeroGPU`,
          note: `Gradio ${major} or newer`,
        };
    }
  },
});
