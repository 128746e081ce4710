import { textOf } from '../../../space/python/index.js';
import { defineRule } from '../../rule.js';
import { at } from './facts.js';

type Data = { readonly function: string; readonly isGenerator: boolean };

export const asyncGpuFunction = defineRule<Data>({
  id: 'ZG307',
  name: 'async-gpu-function',
  severity: 'error',
  summary: 'an `async def` is decorated with @spaces.GPU',
  docs: {
    why: 'The decorator raises NotImplementedError for a coroutine function: the app does not start. An asynchronous generator is let through, and its result can not travel back from the worker.',
    instead: 'Decorate a plain function, and call that from the asynchronous handler.',
    notFound: 'An `async` handler that calls a decorated plain function.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\nasync def generate(prompt):\n    return pipe(prompt).images[0]',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    return pipe(prompt).images[0]\n\nasync def handler(prompt):\n    return await asyncio.to_thread(generate, prompt)',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/decorator.py: _GPU.',
  },
  *check({ python }) {
    for (const { function: fn, file, maker, kind, isReachable } of python.gpuFunctions) {
      if (!fn?.isAsync || !isReachable) continue;
      const below = fn.decorators.slice(fn.decorators.indexOf(maker) + 1);
      // A wrapper in between may make a plain function of it.
      const isHidden = kind === 'wrapper' || below.length > 0;
      const data = { function: textOf(fn.file, fn.nameNode), isGenerator: fn.isGenerator };
      yield at(file, maker, data, { severity: isHidden ? 'warning' : 'error' });
    }
  },
  words({ function: name, isGenerator }) {
    return {
      message: `\`${name}\` is async: @spaces.GPU does not take ${isGenerator ? 'asynchronous generators' : 'coroutines'}`,
      note: isGenerator
        ? 'its result cannot be pickled'
        : 'NotImplementedError when the app starts',
      help: 'decorate a plain function, and call it from the async one',
    };
  },
});
