import { defineRule } from '../../rule.js';
import { minorOf, pinOf } from '../../versions.js';
import { installed } from './entries.js';
import { specifierOf } from './torch-candidates.js';
import { wheelOf } from './wheels.js';

type Data = { readonly file: string; readonly built: string; readonly torch: string };

export const wheelTorchAbi = defineRule<Data>({
  id: 'ZG213',
  name: 'wheel-torch-abi',
  severity: 'warning',
  summary: 'a prebuilt wheel names another torch than requirements.txt',
  docs: {
    why: `Prebuilt CUDA extensions such as flash-attn carry the torch that they are compiled against in their name
(\`cu12torch2.4\`, \`pt24cu121\`). Beside another torch minor the import fails with an undefined symbol.`,
    instead: 'Take the wheel of the torch that is pinned.',
    notFound: 'torch without a pin: which torch will be there is not known.',
    examples: [
      {
        title: 'A pair',
        language: 'text',
        code: 'torch==2.4.0\nhttps://example.org/flash_attn-2.6.3+cu123torch2.4cxx11abiFALSE-cp310-cp310-linux_x86_64.whl',
      },
    ],
    evidence: 'Release files of flash-attn, gsplat and xformers; seen in public Spaces.',
  },
  *check(context) {
    const torch = installed(context, 'torch').flatMap(
      (entry) => pinOf(specifierOf(entry) ?? '') ?? [],
    )[0];
    if (torch === undefined) return;
    for (const entry of installed(context)) {
      const wheel = entry.name === 'torch' ? null : wheelOf(entry);
      const built = wheel && torchIn(wheel.version);
      if (!wheel || built === null || built === minorOf(torch)) continue;
      const range = entry.requirementRange;
      yield { file: entry.file, range, data: { file: wheel.file, built, torch } };
    }
  },
  words({ built, torch }) {
    return { message: `the wheel is built for torch ${built}, and torch ${torch} is pinned` };
  },
});

/** `2.4` of the local version `cu123torch2.4cxx11abiFALSE` or `pt24cu121`. */
function torchIn(version: string): string | null {
  const local = version.split('+')[1] ?? '';
  const named = /torch(\d+\.\d+)/i.exec(local)?.[1];
  if (named) return named;
  const short = /(?:^|[._-])pt(\d)(\d{1,2})(?:\d{0})(?=[._-]|cu|$)/i.exec(local);
  return short ? `${short[1]}.${short[2]}` : null;
}
