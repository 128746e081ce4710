import { childOf, type PyCall, type PyFunction, textOf } from '../../../space/python/index.js';
import { defineRule, type Found, type RuleContext } from '../../rule.js';
import { at, gpuBodies, reachableCalls } from './facts.js';
import { attributeOf, picklesInstances, picklesItself, unpicklableValue } from './pickling.js';

type Data = {
  readonly function: string;
  readonly argument: string;
  readonly what: string;
  readonly attribute: string | null;
};

export const gpuUnpicklableArgument = defineRule<Data>({
  id: 'ZG347',
  name: 'gpu-unpicklable-argument',
  severity: 'warning',
  summary: 'a GPU function is called with something that cannot be pickled',
  docs: {
    why: `Arguments travel from the app to the worker by pickle, and \`self\` is one of them. Locks, open files, database
connections, threads, lambdas, generators and functions that are defined inside functions cannot be pickled, nor can an
object that holds one: the visitor reads PicklingError or TypeError.`,
    instead:
      'Keep such objects at module level, and use them from there inside the GPU function; pass plain data.',
    notFound:
      'Classes that say themselves how they are pickled (`__getstate__`, `__reduce__`), and what comes from libraries.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'class Service:\n    def __init__(self):\n        self.lock = threading.Lock()\n\n    @spaces.GPU\n    def run(self, text): …',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'lock = threading.Lock()\n\nclass Service:\n    @spaces.GPU\n    def run(self, text): …',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: arg_queue.put, PicklingError; each kind of object was pickled with Python 3.11.',
  },
  *check(context) {
    yield* ofSelf(context);
    for (const call of reachableCalls(context)) {
      // In the worker a call is a plain one.
      if (call.inFunction && context.python.onGpu.has(call.inFunction)) continue;
      const callee = childOf(call.node, 'function');
      const gpu = callee && context.python.gpuFunctionOf(call.file, callee);
      if (gpu) yield* ofArguments(context, call, gpu.name);
    }
  },
  words({ function: name, argument, what, attribute }) {
    const held = attribute === null ? what : `${what} in ${attribute}`;
    return {
      message: `\`${name}\` gets ${argument} by pickle, and ${held} cannot be pickled`,
      note: 'the visitor reads PicklingError',
      help: 'keep it at module level, and use it from there inside the function',
    };
  },
});

function* ofSelf(context: RuleContext): Generator<Found<Data>> {
  for (const fn of gpuBodies(context)) {
    if (!fn.isMethod || fn.parameters[0]?.name !== 'self') continue;
    const methods = siblingsOf(fn);
    if (picklesItself(methods)) continue;
    for (const method of methods.values()) {
      const found = context.python.onGpu.has(method) ? null : attributeOf(context, method);
      if (!found) continue;
      yield at(fn.file, fn.nameNode, { function: fn.qualifiedName, argument: 'self', ...found });
      break;
    }
  }
}

function siblingsOf(fn: PyFunction): ReadonlyMap<string, PyFunction> {
  const all = fn.file.functions.filter(
    ({ className, enclosing }) => className === fn.className && enclosing === fn.enclosing,
  );
  return new Map(all.map((one) => [one.name, one]));
}

function* ofArguments(
  context: RuleContext,
  { file, positional, keywords }: PyCall,
  name: string,
): Generator<Found<Data>> {
  for (const node of [...positional, ...keywords.values()]) {
    const owner = context.python.classOf(file, node);
    if (owner && picklesInstances(context, owner)) continue;
    const found = unpicklableValue(context, file, node);
    if (!found) continue;
    const text = textOf(file, node).replaceAll(/\s+/g, ' ').slice(0, 40);
    yield at(file, node, { function: name, argument: `\`${text}\``, ...found });
  }
}
