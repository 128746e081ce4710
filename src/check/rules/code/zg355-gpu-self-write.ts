import {
  ancestorsOf,
  childOf,
  nodesIn,
  nodesOfBody,
  type PyFunction,
  type PyNode,
  textOf,
} from '../../../space/python/index.js';
import { defineRule, type RuleContext } from '../../rule.js';
import { at, gpuBodies } from './facts.js';
import { runsInWorker } from './flow.js';

type Data = { readonly attribute: string; readonly function: string; readonly isLazy: boolean };

export const gpuSelfWrite = defineRule<Data>({
  id: 'ZG355',
  name: 'gpu-self-write',
  severity: 'warning',
  summary: 'a decorated method changes its object, and the change is lost',
  docs: {
    why: '`self` travels to the worker by pickle: the method changes a copy. The object of the app never sees it, nor does the next call, which gets a new copy: a counter stays where it was, and a model that is loaded on first use is loaded at each call.',
    instead: 'Return the value; load models at module level.',
    notFound: 'Attributes that are set and read within one call alone.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: 'class App:\n    @spaces.GPU\n    def run(self, text):\n        self.calls += 1\n        if self.model is None:\n            self.model = load()\n        return self.model(text)',
      },
      {
        title: 'Passes',
        language: 'python',
        code: 'model = load()\n\nclass App:\n    @spaces.GPU\n    def run(self, text):\n        return model(text)',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: arg_queue.put(((args, kwargs), …)).',
  },
  *check(context) {
    for (const fn of gpuBodies(context)) {
      if (!fn.isMethod || fn.parameters[0]?.name !== 'self') continue;
      const siblings = siblingsOf(fn);
      const seen = new Set<string>();
      for (const method of calledThroughSelf(fn, siblings)) {
        for (const { attribute, node } of writesOf(method)) {
          const isLazy = node.type === 'assignment' && isBehindTest(method, node, attribute);
          const isLost =
            isLazy || node.type !== 'assignment' || isReadOutside(context, siblings, attribute);
          if (!isLost || seen.has(attribute)) continue;
          seen.add(attribute);
          yield at(method.file, node, { attribute, function: fn.qualifiedName, isLazy });
        }
      }
    }
  },
  words({ attribute, function: name, isLazy }) {
    return {
      message: isLazy
        ? `${attribute} is set on first use in \`${name}\`: each call gets a new copy of self, and sets it again`
        : `\`${name}\` changes ${attribute} of a copy: the app and the next call never see it`,
      help: isLazy ? 'make it at module level' : 'return the value, and keep it in a plain handler',
    };
  },
});

function siblingsOf(fn: PyFunction): readonly PyFunction[] {
  return fn.file.functions.filter(
    ({ className, enclosing }) => className === fn.className && enclosing === fn.enclosing,
  );
}

/** A method, and the methods that it calls on its own object. */
function calledThroughSelf(
  fn: PyFunction,
  siblings: readonly PyFunction[],
): ReadonlySet<PyFunction> {
  const found = new Set([fn]);
  for (const one of found) {
    const text = one.body ? one.file.text.slice(one.body.start, one.body.end) : '';
    const named = new Set([...text.matchAll(/\bself\.(\w+)/g)].map(([, name]) => name));
    for (const sibling of siblings) if (named.has(sibling.name)) found.add(sibling);
  }
  return found;
}

function* writesOf(fn: PyFunction): Generator<{ attribute: string; node: PyNode }> {
  for (const node of fn.body ? nodesOfBody(fn.body) : []) {
    if (node.type !== 'assignment' && node.type !== 'augmented_assignment') continue;
    const left = childOf(node, 'left');
    const text = left?.type === 'attribute' ? textOf(fn.file, left) : '';
    if (/^self\.\w+$/.test(text)) yield { attribute: text, node };
  }
}

/** `if self.model is None: self.model = …`, and after `if self.model: return`. */
function isBehindTest({ file, body }: PyFunction, node: PyNode, attribute: string): boolean {
  const tests = (one: PyNode) => {
    const condition = one.type === 'if_statement' ? childOf(one, 'condition') : null;
    return condition !== null && textOf(file, condition).includes(attribute);
  };
  if ([...ancestorsOf(node)].some(tests)) return true;
  return (body?.children ?? []).some(
    (one) => one.end <= node.start && tests(one) && /\breturn\b/.test(textOf(file, one)),
  );
}

/** Whether a method that does not run on the GPU reads it, other than the one that makes the object. */
function isReadOutside(
  context: RuleContext,
  siblings: readonly PyFunction[],
  attribute: string,
): boolean {
  return siblings.some((one) => {
    if (one.name === '__init__' || !one.body || runsInWorker(context, one)) return false;
    for (const node of nodesIn(one.body)) {
      if (
        node.type === 'attribute' &&
        node.field !== 'left' &&
        textOf(one.file, node) === attribute
      ) {
        return true;
      }
    }
    return false;
  });
}
