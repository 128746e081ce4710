/**
 * Packages that compile CUDA code when they are installed. There is no nvcc where the platform
 * builds, and PyTorch is not importable from pip's isolated build.
 */

/** On PyPI as source alone (file lists of the index, 2026-11): installing them by name compiles. */
export const SOURCE_ONLY: ReadonlySet<string> = new Set([
  'flash-attn',
  'mamba-ssm',
  'causal-conv1d',
]);

/** Source distributions that build without nvcc sometimes, or only in part. */
export const OFTEN_SOURCE: ReadonlySet<string> = new Set([
  'apex',
  'auto-gptq',
  'detectron2',
  'minkowskiengine',
  'natten',
  'pointnet2-ops',
  'tinycudann',
  'torch-cluster',
  'torch-scatter',
  'torch-sparse',
  'torch-spline-conv',
]);

/** Repositories whose setup.py builds CUDA extensions, by the end of their URL. */
export const CUDA_REPOSITORIES =
  /\/(?:flash-attention|flash-attn|mamba|causal-conv1d|apex|detectron2|pytorch3d|nvdiffrast|diff-gaussian-rasterization|diff-surfel-rasterization|simple-knn|tiny-cuda-nn|minkowskiengine|groundingdino|sageattention|kaolin|gsplat|torchsparse|diffoctreerast|vox2seq)(?:\.git)?(?:[@#/?]|$)/i;
