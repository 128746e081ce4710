import { defineRule } from '../../rule.js';
import { compareVersions, minorOf, pinOf } from '../../versions.js';
import { installed } from './entries.js';
import { specifierOf } from './torch-candidates.js';

type Data = {
  readonly name: string;
  readonly version: string;
  readonly torch: string;
  readonly wanted: string;
};

/** torchvision for each torch minor; from 2.1 on its minor is torch's plus 15, the patch is torch's. */
const OLD_TORCHVISION: Readonly<Record<string, string>> = {
  '1.12.0': '0.13.0',
  '1.12.1': '0.13.1',
  '1.13.0': '0.14.0',
  '1.13.1': '0.14.1',
  '2.0.0': '0.15.1',
  '2.0.1': '0.15.2',
};
const OLD_TORCHAUDIO: Readonly<Record<string, string>> = {
  '1.12.0': '0.12.0',
  '1.12.1': '0.12.1',
  '1.13.0': '0.13.0',
  '1.13.1': '0.13.1',
  '2.0.0': '2.0.1',
  '2.0.1': '2.0.2',
};
/** From here on torchaudio no longer names its torch, and pip takes any pair. */
const LAST_NAMED_BY_TORCHAUDIO = '2.10';

export const torchPair = defineRule<Data>({
  id: 'ZG211',
  name: 'torch-pair',
  severity: 'error',
  summary: 'torchvision or torchaudio is pinned to a release for another torch',
  docs: {
    why: `A release of torchvision or torchaudio requires one exact torch. Pinned beside another torch, pip ends with
"Cannot install torch==A and torchvision==B because these package versions have conflicting dependencies".`,
    instead:
      'Pin the pair: torchvision 0.(15 + minor) with torch 2.minor, torchaudio with the version of torch.',
    notFound: 'Ranges, and pins of one of the two alone.',
    examples: [
      { title: 'Fails', language: 'text', code: 'torch==2.8.0\ntorchvision==0.19.0' },
      {
        title: 'Passes',
        language: 'text',
        code: 'torch==2.8.0\ntorchvision==0.23.0\ntorchaudio==2.8.0',
      },
    ],
    evidence: 'Compatibility table in the README of torchvision; metadata on PyPI.',
  },
  *check(context) {
    const torch = installed(context, 'torch')
      .flatMap((entry) => pinOf(specifierOf(entry) ?? '') ?? [])
      .map(full)[0];
    if (torch === undefined) return;
    for (const name of ['torchvision', 'torchaudio']) {
      const wanted = name === 'torchvision' ? torchvisionFor(torch) : torchaudioFor(torch);
      if (wanted === null) continue;
      for (const entry of installed(context, name)) {
        const version = pinOf(specifierOf(entry) ?? '');
        if (version === null || compareVersions(version, wanted) === 0) continue;
        const { file, requirementRange: range, specifierRange } = entry;
        const isPlain = specifierRange !== null && entry.options.length === 0 && entry.url === null;
        const edit = isPlain
          ? { file, range: specifierRange, newText: `==${wanted}${localOf(entry.specifier)}` }
          : null;
        yield {
          file,
          range,
          data: { name, version, torch, wanted },
          ...(edit && { fix: { edits: [edit], safety: 'unsafe' as const } }),
        };
      }
    }
  },
  words({ name, version, torch, wanted }) {
    return {
      message: `${name} ${version} does not belong to torch ${torch}; pip finds no way to install both`,
      help: `${name}==${wanted}`,
    };
  },
});

/** `+cu128` of `==0.22.0+cu128`: the pair comes from the same index. */
function localOf(specifier: string): string {
  return /\+[\w.]+$/.exec(specifier.trim())?.[0] ?? '';
}

/** `2.4` as `2.4.0`. */
function full(version: string): string {
  return /^\d+\.\d+$/.test(version) ? `${version}.0` : version;
}

function torchvisionFor(torch: string): string | null {
  const old = OLD_TORCHVISION[torch];
  if (old) return old;
  const [, minor, patch] = /^2\.(\d+)\.(\d+)$/.exec(torch) ?? [];
  return minor && patch && Number(minor) >= 1 ? `0.${Number(minor) + 15}.${patch}` : null;
}

function torchaudioFor(torch: string): string | null {
  const old = OLD_TORCHAUDIO[torch];
  if (old) return old;
  const isNamed = compareVersions(minorOf(torch), LAST_NAMED_BY_TORCHAUDIO) <= 0;
  return /^2\.\d+\.\d+$/.test(torch) && isNamed ? torch : null;
}
