import { defineRule, type RuleContext } from '../../rule.js';
import { reachableCalls } from '../code/facts.js';
import { installed } from './entries.js';

type Data = { readonly project: string; readonly how: string };

const INSIDE = 'create its session inside the @spaces.GPU function';

/** Libraries that reach the GPU by themselves. */
const RUNTIMES: Readonly<Record<string, string>> = {
  'onnxruntime-gpu': INSIDE,
  tensorflow: 'import it inside the @spaces.GPU function, or keep it on the CPU',
  'tensorflow-gpu': 'the package is gone from PyPI; tensorflow is its successor',
  'tf-nightly': 'import it inside the @spaces.GPU function, or keep it on the CPU',
  'jax-cuda12-plugin': 'use it inside the @spaces.GPU function alone',
  'cupy-cuda11x': 'use it inside the @spaces.GPU function alone',
  'cupy-cuda12x': 'use it inside the @spaces.GPU function alone',
  'cupy-cuda13x': 'use it inside the @spaces.GPU function alone',
  cupy: 'use it inside the @spaces.GPU function alone',
  vllm: 'it starts processes that take the GPU for good; transformers generates inside the call',
  sglang: 'it starts processes that take the GPU for good; transformers generates inside the call',
  tensorrt: 'build and load the engine inside the @spaces.GPU function',
  'tensorrt-llm': 'it starts processes that take the GPU for good',
  'faster-whisper': 'create the model inside the @spaces.GPU function: CTranslate2 is not torch',
  ctranslate2: 'create the model inside the @spaces.GPU function',
  'paddlepaddle-gpu': 'use it inside the @spaces.GPU function alone',
  'llama-cpp-python':
    'load the model inside the @spaces.GPU function, from a wheel that is built for CUDA',
};

export const gpuRuntimeOutsideTorch = defineRule<Data>({
  id: 'ZG215',
  name: 'gpu-runtime-outside-torch',
  severity: 'warning',
  summary: 'a library reaches the GPU without torch, which the spaces package does not see',
  docs: {
    why: `Outside a GPU function there is no GPU. The \`spaces\` package makes up for that in PyTorch: a model moved to cuda
at import is packed, and is there when a call gets its slice. Other libraries open CUDA themselves, and at
import find none, or fix the process on the CPU.`,
    instead: 'Create what uses the GPU inside the decorated function, or use PyTorch.',
    notFound:
      'Libraries that work on the CPU alone, such as `onnxruntime`, and sessions that are created inside GPU functions. One that the code does not name is an info.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'session = ort.InferenceSession("model.onnx", providers=["CUDAExecutionProvider"])\n\n@spaces.GPU\ndef run(image):\n    return session.run(None, {"input": image})',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef run(image):\n    session = ort.InferenceSession("model.onnx", providers=["CUDAExecutionProvider"])\n    return session.run(None, {"input": image})',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/torch; Hugging Face guidance for authors.',
  },
  *check(context) {
    for (const entry of installed(context)) {
      const { file, requirementRange: range, name, extras } = entry;
      const isJaxOnCuda = name === 'jax' && extras.some((extra) => /^cuda/.test(extra));
      const how = isJaxOnCuda
        ? 'use it inside the @spaces.GPU function alone'
        : RUNTIMES[name ?? ''];
      if (!how || !name) continue;
      const use = placeOfUse(context, name);
      if (use === 'inside') continue;
      const severity = use === 'none' ? 'info' : 'warning';
      yield { file, range, severity, data: { project: name, how } };
    }
  },
  words({ project, how }) {
    return {
      message: `${project} reaches the GPU without torch: at import there is none`,
      help: how,
    };
  },
});

/** What a project is called in code. */
const MODULES: Readonly<Record<string, RegExp>> = {
  'onnxruntime-gpu': /^onnxruntime\./,
  tensorflow: /^tensorflow\./,
  'tensorflow-gpu': /^tensorflow\./,
  'tf-nightly': /^tensorflow\./,
  jax: /^jax\./,
  'jax-cuda12-plugin': /^jax\./,
  'faster-whisper': /^faster_whisper\./,
  'paddlepaddle-gpu': /^paddle\./,
  'llama-cpp-python': /^llama_cpp\./,
  'tensorrt-llm': /^tensorrt_llm\./,
  ...Object.fromEntries(
    ['cupy', 'cupy-cuda11x', 'cupy-cuda12x', 'cupy-cuda13x'].map((name) => [name, /^cupy\./]),
  ),
};
/** Calls that ask no GPU for anything. */
const QUESTIONS =
  /\.(?:get_available_providers|get_device|set_default_logger_severity|SessionOptions)$/;

/** Where the code uses a runtime: in GPU functions alone, elsewhere too, or not by its name. */
function placeOfUse(context: RuleContext, name: string): 'inside' | 'outside' | 'none' {
  const module = MODULES[name] ?? new RegExp(`^${name.replaceAll('-', '_')}\\.`);
  const calls = reachableCalls(context).filter(
    ({ callee }) => callee !== null && module.test(callee) && !QUESTIONS.test(callee),
  );
  if (calls.length === 0) return 'none';
  const isInside = calls.every(
    ({ inFunction }) => inFunction !== null && context.python.onGpu.has(inFunction),
  );
  return isInside ? 'inside' : 'outside';
}
