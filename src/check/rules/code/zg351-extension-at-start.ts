import { nodesIn, stringOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, reachableCalls } from './facts.js';

type Data = { readonly call: string; readonly what: string };

const BUILDERS = /^torch\.utils\.cpp_extension\.(load|load_inline|CUDAExtension)$/;

export const extensionAtStart = defineRule<Data>({
  id: 'ZG351',
  name: 'extension-at-start',
  severity: 'warning',
  summary: 'a CUDA extension is compiled while the app runs, and there is no nvcc',
  docs: {
    why: '`torch.utils.cpp_extension` compiles CUDA sources with nvcc, which the image of a Space does not have.',
    instead:
      'Use a prebuilt wheel, or a kernel of the Hub (`kernels` package), which is compiled beforehand.',
    notFound: 'Extensions of C++ sources alone.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'raster = load(name="raster", sources=["raster.cpp", "raster.cu"])',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'from kernels import get_kernel\n\nactivation = get_kernel("kernels-community/activation")',
      },
    ],
    evidence:
      'Hugging Face guidance for authors (no nvcc: wheels only); torch/utils/cpp_extension.py.',
  },
  *check(context) {
    for (const { file, node, callee, positional, keywords } of reachableCalls(context)) {
      const kind = BUILDERS.exec(callee ?? '')?.[1];
      if (!kind || !callee) continue;
      const source = [...positional, ...keywords.values()]
        .flatMap((one) => [...nodesIn(one)])
        .map((one) => (one.type === 'string' ? stringOf(file, one) : null))
        .find((text) => text !== null && /\.cuh?$/.test(text));
      const what = kind === 'CUDAExtension' ? 'CUDA sources' : source;
      const isInline = kind === 'load_inline' && keywords.has('cuda_sources');
      if (what) yield at(file, node, { call: callee, what });
      else if (isInline) yield at(file, node, { call: callee, what: 'cuda_sources' });
    }
  },
  words({ call, what }) {
    return {
      message: `${call} compiles ${what} with nvcc, which a Space does not have`,
      help: 'a prebuilt wheel, or a kernel of the Hub (the `kernels` package)',
    };
  },
});
