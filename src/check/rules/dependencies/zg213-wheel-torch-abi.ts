import { defineRule } from '../../rule.js';
import { compareVersions, minorOf, pinOf } from '../../versions.js';
import { installed } from './entries.js';
import { specifierOf } from './torch-candidates.js';
import { wheelOf } from './wheels.js';

type Data = {
  readonly file: string;
  readonly built: string;
  readonly torch: string;
  readonly abi: string | null;
};

export const wheelTorchAbi = defineRule<Data>({
  id: 'ZG213',
  name: 'wheel-torch-abi',
  severity: 'warning',
  summary: 'a prebuilt wheel names another torch than requirements.txt',
  docs: {
    why: `Prebuilt CUDA extensions such as flash-attn carry the torch that they are compiled against in their name
(\`cu12torch2.4\`, \`pt24cu121\`). Beside another torch minor the import fails with an undefined symbol. So it does where the C++ ABI differs:
PyTorch's wheels on PyPI have the new one (cxx11abiTRUE) from 2.7 on, and the old one before.`,
    instead: 'Take the wheel of the torch that is pinned.',
    notFound: 'torch without a pin: which torch will be there is not known.',
    examples: [
      {
        title: 'Fails',
        language: 'text',
        code: 'torch==2.8.0\nhttps://example.org/flash_attn-2.6.3+cu123torch2.4cxx11abiFALSE-cp310-cp310-linux_x86_64.whl',
      },
      {
        title: 'Passes',
        language: 'text',
        code: 'torch==2.4.0\nhttps://example.org/flash_attn-2.6.3+cu123torch2.4cxx11abiFALSE-cp310-cp310-linux_x86_64.whl',
      },
    ],
    evidence:
      'Release files of flash-attn, gsplat and xformers; PyTorch 2.7 release notes, and torch._C._GLIBCXX_USE_CXX11_ABI of torch 2.8.0 from PyPI; seen in public Spaces.',
  },
  *check(context) {
    const torch =
      installed(context, 'torch').flatMap((entry) => pinOf(specifierOf(entry) ?? '') ?? [])[0] ??
      null;
    for (const entry of installed(context)) {
      const wheel = entry.name === 'torch' ? null : wheelOf(entry);
      if (!wheel) continue;
      const { file, requirementRange: range } = entry;
      const built = torchIn(wheel.version);
      if (torch !== null && built !== null && built !== minorOf(torch)) {
        yield { file, range, data: { file: wheel.file, built, torch, abi: null } };
        continue;
      }
      const abi = /cxx11abi(TRUE|FALSE)/i.exec(wheel.version)?.[1]?.toUpperCase();
      const meant = torch ?? built;
      if (!abi || meant === null || abi === abiOf(meant)) continue;
      yield { file, range, data: { file: wheel.file, built: built ?? meant, torch: meant, abi } };
    }
  },
  words({ built, torch, abi }) {
    return abi === null
      ? { message: `the wheel is built for torch ${built}, and torch ${torch} is pinned` }
      : {
          message: `the wheel is built with cxx11abi${abi}, and torch ${torch} of PyPI has the other ABI`,
          note: 'its import ends with an undefined symbol',
          help: `the same wheel with cxx11abi${abi === 'TRUE' ? 'FALSE' : 'TRUE'}`,
        };
  },
});

/** PyTorch's wheels on PyPI have the new C++ ABI from 2.7 on. */
function abiOf(torch: string): 'TRUE' | 'FALSE' {
  return compareVersions(minorOf(torch), '2.7') >= 0 ? 'TRUE' : 'FALSE';
}

/** `2.4` of the local version `cu123torch2.4cxx11abiFALSE` or `pt24cu121`. */
function torchIn(version: string): string | null {
  const local = version.split('+')[1] ?? '';
  const named = /torch(\d+\.\d+)/i.exec(local)?.[1];
  if (named) return named;
  const short = /(?:^|[._-])pt(\d)(\d{1,2})(?:\d{0})(?=[._-]|cu|$)/i.exec(local);
  return short ? `${short[1]}.${short[2]}` : null;
}
