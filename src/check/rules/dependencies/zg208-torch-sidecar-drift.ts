import { defineRule } from '../../rule.js';
import { compareVersions, minorOf, upperBound } from '../../versions.js';
import { constraining, installed } from './entries.js';
import { choose } from './torch-candidates.js';

type Data = {
  readonly name: string;
  readonly torch: string;
  readonly write: string;
  readonly isImported: boolean;
};

/** Built for one torch minor, and no longer saying so in their metadata (torchaudio 2.11, torchcodec). */
const SIDECARS = ['torchaudio', 'torchcodec'] as const;

/** The torch of the newest torchaudio, 2.11.0, which names none: with this one or a newer, nothing drifts. */
const NEWEST_TORCHAUDIO = '2.11';

/** torchcodec for each torch, from the table in its README (2026-11). */
const TORCHCODEC: Readonly<Record<string, string>> = {
  '2.5': '0.1.*',
  '2.6': '0.2.*',
  '2.7': '0.5.*',
  '2.8': '0.7.*',
  '2.9': '0.9.*',
};

export const torchSidecarDrift = defineRule<Data>({
  id: 'ZG208',
  name: 'torch-sidecar-drift',
  severity: 'error',
  // Where another profile refuses this torch, it is silent here, and that is not to be fine.
  asksOtherProfiles: false,
  summary: 'torch is pinned, and a package that is built for one torch is not',
  docs: {
    why: `torchaudio and torchcodec are compiled against one PyTorch. Their newest releases no longer say so in their
metadata, so that pip takes the newest of them beside an older, pinned torch, and the import fails with an
undefined symbol.`,
    instead: 'Pin both to the same release: torchaudio has the version of torch.',
    notFound:
      'torch without a pin, or pinned to 2.11 or newer: the newest torchaudio is built for that. It is a warning where no file of the Space imports the package: another package may.',
    examples: [
      { title: 'Fails', language: 'text', code: 'torch==2.8.0\ntorchaudio' },
      { title: 'Passes', language: 'text', code: 'torch==2.8.0\ntorchaudio==2.8.0' },
    ],
    evidence:
      'Hugging Face guidance for authors; metadata of torchaudio 2.8.0 to 2.11.0 and torchcodec 0.17.0 on PyPI.',
  },
  *check(context) {
    const torch = installed(context, 'torch')
      // A torch that the platform refuses is another rule's, and comes first.
      .map((entry) => choose(entry, context.profile.versions.torch))
      .find((choice) => choice && choice.candidates.length > 0)?.pin;
    if (!torch || compareVersions(torch, NEWEST_TORCHAUDIO) >= 0) return;
    const imported = new Set(
      context.python.files.flatMap(({ imports }) =>
        imports.map(({ module }) => module.split('.')[0]),
      ),
    );
    for (const name of SIDECARS) {
      const isImported = imported.has(name);
      const all = constraining(context, name);
      if (all.some((entry) => entry.url !== null || upperBound(entry.specifier) !== null)) continue;
      const codec = TORCHCODEC[minorOf(torch)];
      const write =
        name === 'torchaudio' ? `torchaudio==${torch}` : codec ? `torchcodec==${codec}` : '';
      for (const entry of installed(context, name)) {
        const { file, requirementRange: range } = entry;
        const isPlain = /^[\w.-]+$/.test(entry.text.trim());
        yield {
          file,
          range,
          data: { name, torch, write, isImported },
          ...(isImported ? {} : { severity: 'warning' as const }),
          ...(isPlain && write !== '' && isFullVersion(torch)
            ? { fix: { edits: [{ file, range, newText: write }] } }
            : {}),
        };
      }
    }
  },
  words({ name, torch, write, isImported }) {
    return {
      message: `${name} is not pinned, and torch is (${torch}): pip takes the newest, which is built for another torch`,
      ...(isImported
        ? {}
        : { note: `no file of the Space imports ${name}: a package that does fails` }),
      ...(write ? { help: write } : {}),
    };
  },
});

/** From torch 2.1 on a torchaudio of the same version is there; before it the patch releases differ. */
function isFullVersion(torch: string): boolean {
  return /^2\.\d+\.\d+$/.test(torch) && compareVersions(torch, '2.1.0') >= 0;
}
