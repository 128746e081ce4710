import type { PyCall, PyFunction } from '../../../space/python/index.js';
import { childOf, textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at, gpuBodies, putsOnCuda } from './facts.js';

type Data = { readonly method: string; readonly attribute: string };

export const gpuSelfHoldsCuda = defineRule<Data>({
  id: 'ZG326',
  name: 'gpu-self-holds-cuda',
  severity: 'error',
  summary: 'a decorated method belongs to an object that holds a model on CUDA',
  docs: {
    why: '`self` is an argument like others: it travels to the worker by pickle, and what it holds on CUDA arrives as garbage. The result is wrong, without an error.',
    instead:
      'Keep the model at module level, and use it from there inside the method; or decorate a plain function.',
    notFound:
      'Classes that decide themselves how they are pickled (`__getstate__`, `__reduce__`), static methods and class methods.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'class App:\n    def __init__(self):\n        self.pipe = FluxPipeline.from_pretrained(MODEL).to("cuda")\n\n    @spaces.GPU\n    def generate(self, prompt):\n        return self.pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'pipe = FluxPipeline.from_pretrained(MODEL).to("cuda")\n\nclass App:\n    @staticmethod\n    @spaces.GPU\n    def generate(prompt):\n        return pipe(prompt).images[0]',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: arg_queue.put; tried with a packed module: another picture came back, and no error.',
  },
  *check(context) {
    for (const fn of gpuBodies(context)) {
      if (!fn.isMethod || fn.parameters[0]?.name !== 'self') continue;
      if (
        fn.file.functions.some(
          (one) => isSibling(one, fn) && /^__(?:getstate|reduce|reduce_ex)__$/.test(one.name),
        )
      )
        continue;
      for (const call of fn.file.calls) {
        const owner = call.inFunction;
        if (!owner || !isSibling(owner, fn) || owner === fn || context.python.onGpu.has(owner))
          continue;
        const attribute = putsOnCuda(context, call) ? attributeOf(call) : null;
        if (!attribute) continue;
        yield at(fn.file, fn.nameNode, { method: fn.qualifiedName, attribute });
        break;
      }
    }
  },
  words({ method, attribute }) {
    return {
      message: `\`${method}\` gets self by pickle, and ${attribute} lies on CUDA`,
      note: 'the tensors arrive as garbage, without an error',
      help: 'keep the model at module level, or make the method static',
    };
  },
});

function isSibling(one: PyFunction, other: PyFunction): boolean {
  return (
    one.className === other.className && one.className !== null && one.enclosing === other.enclosing
  );
}

/** `self.pipe = ….to("cuda")`, or `self.pipe.to("cuda")`. */
function attributeOf({ file, node }: PyCall): string | null {
  const left = node.parent?.type === 'assignment' ? childOf(node.parent, 'left') : null;
  const callee = childOf(node, 'function');
  const target =
    left ??
    (node.parent?.type === 'expression_statement' && callee ? childOf(callee, 'object') : null);
  const text = target ? textOf(file, target) : '';
  return /^self\.\w+$/.test(text) ? text : null;
}
