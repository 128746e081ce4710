import { defineRule, type RuleContext } from '../../rule.js';
import { CUDA_REPOSITORIES, OFTEN_SOURCE, SOURCE_ONLY } from './cuda-builds.js';
import { installed } from './entries.js';
import { isLink } from './links.js';

type Data = {
  readonly project: string;
  readonly how: 'only-source' | 'often-source' | 'repository';
};

export const needsNvcc = defineRule<Data>({
  id: 'ZG214',
  name: 'needs-nvcc',
  severity: 'error',
  summary: 'a package compiles CUDA code when it is installed, and there is no compiler for it',
  docs: {
    why: `The image that the platform builds on has no \`nvcc\`, and pip's isolated build can't import torch: a package that
compiles CUDA extensions at installation fails with "No module named 'torch'" or "nvcc was not found". flash-attn,
mamba-ssm and causal-conv1d are on PyPI as source alone, which is an error; packages that build in part, or from a
repository, are a warning.`,
    instead:
      'Name a prebuilt wheel by its URL, for the Python and torch of the Space; or use `torch.nn.functional.scaled_dot_product_attention`, which needs nothing. Kernels from the Hub (`kernels` package) are prebuilt.',
    notFound:
      'The URL of a wheel, and a local version (`==2.1.2+pt28cu128`) beside a page of wheels (`-f URL`); packages of PyTorch Geometric beside its page of wheels.',
    examples: [
      { title: 'Fails', language: 'text', code: 'flash-attn' },
      {
        title: 'Passes',
        language: 'text',
        code: 'https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.8cxx11abiTRUE-cp310-cp310-linux_x86_64.whl',
      },
    ],
    evidence:
      'Hugging Face guidance for authors (wheels only); file lists of the projects on PyPI, 2026-11.',
  },
  *check(context) {
    for (const entry of installed(context)) {
      const { file, requirementRange: range, name, url, text, specifier } = entry;
      const project = name ?? text;
      if (url === null && (choosesWheel(context, specifier) || hasWheels(context, name))) continue;
      if (url === null && name !== null && SOURCE_ONLY.has(name)) {
        yield { file, range, data: { project, how: 'only-source' } };
      } else if (url === null && name !== null && OFTEN_SOURCE.has(name)) {
        yield { file, range, severity: 'warning', data: { project, how: 'often-source' } };
      } else if (isLink(entry) && CUDA_REPOSITORIES.test(url ?? text)) {
        yield { file, range, severity: 'warning', data: { project, how: 'repository' } };
      }
    }
  },
  words({ project, how }) {
    const help = 'the URL of a prebuilt wheel for the Python and torch of the Space';
    switch (how) {
      case 'only-source':
        return {
          message: `${project} is compiled when it is installed, and there is no nvcc`,
          help,
        };
      case 'often-source':
        return {
          message: `${project} may compile CUDA code when it is installed; there is no nvcc`,
          help,
        };
      case 'repository':
        return {
          message: 'this repository compiles CUDA code when it is installed; there is no nvcc',
          help,
        };
    }
  },
});

/** `torch-scatter==2.1.2+pt28cu128` beside `-f URL`: a local version is a wheel of that page. */
function choosesWheel({ space }: RuleContext, specifier: string): boolean {
  const hasPage = (space.requirements?.options ?? []).some(({ options }) =>
    options.some(({ name }) => /^(?:-f|--find-links|--extra-index-url|--index-url|-i)$/.test(name)),
  );
  return hasPage && /==\s*[^,]*\+/.test(specifier);
}

const GEOMETRIC = /^torch-(?:scatter|sparse|cluster|spline-conv)$/;

/** `-f https://data.pyg.org/whl/torch-2.8.0+cu128.html`: wheels in a local version, which precede the source. */
function hasWheels({ space }: RuleContext, name: string | null): boolean {
  const options = (space.requirements?.options ?? []).flatMap((line) => line.options);
  return (
    GEOMETRIC.test(name ?? '') &&
    options.some(
      (one) =>
        /^(?:-f|--find-links)$/.test(one.name) && /pyg\.org\/whl\/torch-/.test(one.value ?? ''),
    )
  );
}
