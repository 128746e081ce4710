import { childOf, type PyFunction, type PythonModel, textOf } from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at } from './facts.js';

type Data = {
  readonly function: string;
  readonly duration: string;
  readonly takes: string;
  readonly gets: string;
};

export const durationSignature = defineRule<Data>({
  id: 'ZG308',
  name: 'duration-signature',
  severity: 'error',
  summary: 'the duration function cannot take the arguments of the call',
  docs: {
    why: 'A duration that is a function is called with exactly the arguments of the GPU function. One that takes fewer, or needs more, raises TypeError at each call.',
    instead:
      'Give both functions the same parameters, or let the duration end in `*args, **kwargs`.',
    notFound:
      'Calls by name. A parameter with a default may be left out by a call of your own code: a duration that lacks it is a warning. Where Gradio alone calls the function, it sends every parameter, `gr.Progress` and `gr.Request` among them.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'def seconds(prompt):\n    return 30\n\n@spaces.GPU(duration=seconds)\ndef generate(prompt, steps):\n    return pipe(prompt, num_inference_steps=steps).images[0]\n\ndef handler(prompt, steps):\n    return generate(prompt, steps)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'def seconds(prompt, steps, *args, **kwargs):\n    return 10 + steps\n\n@spaces.GPU(duration=seconds)\ndef generate(prompt, steps, seed=0):\n    …',
      },
    ],
    evidence:
      'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: static_duration; gradio 6.31.0, gradio/helpers.py: special_args.',
  },
  *check({ python }: RuleContext) {
    for (const gpu of python.gpuFunctions) {
      const { duration, function: fn, file, isReachable } = gpu;
      if (duration.kind !== 'callable' || !duration.function || !fn || !isReachable) continue;
      // A method's duration gets self as well; a bound one has its own: that is not analysed here.
      if (fn.isMethod || duration.function.isMethod || gpu.kind === 'wrapper') continue;
      if (fn.decorators.length > 1 || duration.function.decorators.length > 0) continue;
      const call = isWired(python, fn) ? wiredArity(fn) : (calledArity(python, fn) ?? arity(fn));
      const taken = arity(duration.function);
      const isWrong = taken.most < call.least || taken.least > call.most || taken.needsKeyword;
      const mayBeWrong = taken.most < call.most || taken.least > call.least;
      if (!isWrong && !mayBeWrong) continue;
      const data = {
        function: fn.name,
        duration: duration.function.name,
        takes: span(taken),
        gets: span(call),
      };
      yield at(file, duration.node, data, { severity: isWrong ? 'error' : 'warning' });
    }
  },
  words({ function: name, duration, takes, gets }) {
    return {
      message: `\`${duration}\` takes ${takes}, and \`${name}\` is called with ${gets}`,
      note: 'the duration gets exactly what the call got',
      help: `give \`${duration}\` the parameters of \`${name}\`, or *args, **kwargs`,
    };
  },
});

/** Whether Gradio alone calls it: no other code of the Space does. */
function isWired({ handlers, files }: PythonModel, fn: PyFunction): boolean {
  if (!handlers.some(({ function: one }) => one === fn)) return false;
  return !files.some((file) =>
    file.calls.some(({ node }) => {
      const callee = childOf(node, 'function');
      return callee?.type === 'identifier' && textOf(file, callee) === fn.name;
    }),
  );
}

/** What arrives from Gradio: its special_args fills in defaults, progress and request by position. */
function wiredArity({ parameters }: PyFunction): Arity {
  const count = parameters.filter(
    ({ kind }) => kind === 'normal' || kind === 'positional-only',
  ).length;
  const isOpen = parameters.some(({ kind }) => kind === 'args');
  return { least: count, most: isOpen ? Number.POSITIVE_INFINITY : count, needsKeyword: false };
}

/** What the Space's own calls give, where Gradio calls it nowhere; null where that can't be known. */
function calledArity(python: PythonModel, fn: PyFunction): Arity | null {
  if (python.handlers.some(({ function: one }) => one === fn || one === null)) return null;
  const counts: number[] = [];
  for (const { file, node, positional, keywords } of python.files.flatMap(({ calls }) => calls)) {
    const callee = childOf(node, 'function');
    if (!callee || python.functionOf(file, callee) !== fn) continue;
    const given = [...positional, ...keywords.values()];
    if (keywords.size > 0 || given.some(({ type }) => type.endsWith('splat'))) return null;
    counts.push(positional.length);
  }
  if (counts.length === 0) return null;
  return { least: Math.min(...counts), most: Math.max(...counts), needsKeyword: false };
}

interface Arity {
  readonly least: number;
  readonly most: number;
  readonly needsKeyword: boolean;
}

function arity({ parameters }: PyFunction): Arity {
  const positional = parameters.filter(
    ({ kind }) => kind === 'normal' || kind === 'positional-only',
  );
  const isOpen = parameters.some(({ kind }) => kind === 'args');
  return {
    least: positional.filter(({ hasDefault }) => !hasDefault).length,
    most: isOpen ? Number.POSITIVE_INFINITY : positional.length,
    needsKeyword: parameters.some(({ kind, hasDefault }) => kind === 'keyword-only' && !hasDefault),
  };
}

function span({ least, most, needsKeyword }: Arity): string {
  const isOpen = most === Number.POSITIVE_INFINITY;
  const count = isOpen ? `${least} or more` : least === most ? `${most}` : `${least} to ${most}`;
  const byName = needsKeyword ? ' and others by name alone' : '';
  return `${count} argument${count === '1' ? '' : 's'}${byName}`;
}
