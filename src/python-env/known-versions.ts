/**
 * What is known of versions that go together. Data, with where each line comes from; nothing else in
 * this folder names a version.
 */

/** Oldest Python of the `spaces` package and of Gradio 4 and newer. */
export const OLDEST_PYTHON = { major: 3, minor: 10 } as const;

/** Newest PyTorch that the emulated device is tested with. */
export const DEFAULT_TORCH = '2.13.0';

/** Oldest PyTorch that the emulated device can be given to. */
export const OLDEST_TORCH = '2.1.0';

/** The installer's own word for PyTorch without CUDA libraries. */
export const TORCH_BACKEND = 'cpu';

/**
 * Packages that do nothing without PyTorch and do not ask for it themselves, or whose import means
 * that the platform's preinstalled PyTorch is used.
 */
export const TORCH_USERS: ReadonlySet<string> = new Set([
  'torch',
  'torchaudio',
  'torchvision',
  'transformers',
  'diffusers',
  'accelerate',
  'peft',
  'timm',
  'sentence-transformers',
  'xformers',
  'bitsandbytes',
  'kornia',
  'open-clip-torch',
  'einops',
]);

/** Packages that are built for one exact PyTorch: pinned, they decide its version. */
export const TORCH_COMPANIONS: ReadonlySet<string> = new Set([
  'torchaudio',
  'torchvision',
  'torchtext',
  'torchao',
  'xformers',
]);

export interface GradioEra {
  /** First Gradio release that this is not about. */
  readonly below: readonly [major: number, minor: number];
  /** First Python minor that does not work. */
  readonly belowPythonMinor: number;
  /** Constraints that the packages of that time forgot to state. */
  readonly constraints: readonly string[];
  readonly why: string;
}

/**
 * Old Gradio releases leave their dependencies open at the top, and newer releases of these break
 * them. The platform's old images have the versions of their day; a fresh environment needs these limits.
 * Tried: gradio 4.44.1 with spaces 0.51.3 on Python 3.10 and with spaces 0.30.4 on Python 3.11.
 */
export const GRADIO_ERAS: readonly GradioEra[] = [
  {
    below: [5, 0],
    belowPythonMinor: 13,
    constraints: ['huggingface_hub<1.0', 'starlette<1.0', 'pydantic<2.11'],
    why:
      'gradio 4 imports HfFolder (gone in huggingface_hub 1.0), passes the template name first ' +
      '(gone in starlette 1.0), reads boolean JSON schemas wrongly (written by pydantic 2.11), ' +
      'and needs audioop (gone in Python 3.13)',
  },
];

/** The local version of a build of PyTorch for a card: `2.8.0+cu128`, `+rocm6.4`, `+xpu`. */
export const CUDA_TAG = /\+(cu\d|rocm|xpu)/;

/** What only a build of PyTorch for NVIDIA cards brings along. */
export const CUDA_PACKAGE =
  /^(nvidia-|triton$|pytorch-triton$|cuda-(bindings|pathfinder|toolkit)$)/;

/** Wheel sizes in megabytes, from the file lists of the package index (releases for CUDA 12). */
const CUDA_WHEEL_MEGABYTES: readonly (readonly [prefix: string, megabytes: number])[] = [
  ['nvidia-cublas', 590],
  ['nvidia-cudnn', 700],
  ['nvidia-cufft', 200],
  ['nvidia-curand', 65],
  ['nvidia-cusolver', 265],
  ['nvidia-cusparselt', 285],
  ['nvidia-cusparse', 285],
  ['nvidia-nccl', 320],
  ['nvidia-nvshmem', 125],
  ['nvidia-cuda-nvrtc', 88],
  ['nvidia-nvjitlink', 39],
  ['triton', 170],
];
const CUDA_TORCH_MEGABYTES = 900;

/** What a CUDA build of PyTorch brings along, where the index was not asked for the names. */
export const TYPICAL_CUDA_PACKAGES: readonly string[] = CUDA_WHEEL_MEGABYTES.map(
  ([prefix]) => prefix,
);

/** A rough size of what a CUDA build downloads, in bytes. */
export function approximateCudaBytes(names: readonly string[]): number {
  const megabytes = names.map(
    (name) => CUDA_WHEEL_MEGABYTES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 10,
  );
  return megabytes.reduce((sum, size) => sum + size, CUDA_TORCH_MEGABYTES) * 1_000_000;
}
