import { defineRule } from '../../rule.js';
import { at, callsIn, gpuBodies } from './facts.js';

type Data = { readonly function: string };

export const gpuThreadEscapes = defineRule<Data>({
  id: 'ZG329',
  name: 'gpu-thread-escapes',
  severity: 'warning',
  summary: 'a thread is started in a GPU function and not waited for',
  docs: {
    why: 'When the function returns, the slice goes to somebody else. A thread that is still at work then loses the GPU under its hands.',
    instead: '`thread.join()` before the function returns.',
    notFound:
      'The pattern of a streamer (`TextIteratorStreamer`), whose loop ends when the thread does.',
    examples: [
      {
        title: 'Fails',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    thread = threading.Thread(target=model.generate, kwargs=inputs)\n    thread.start()\n    return "started"',
      },
      {
        title: 'Passes',
        language: 'python',
        code: '@spaces.GPU\ndef generate(prompt):\n    thread = threading.Thread(target=model.generate, kwargs=inputs)\n    thread.start()\n    thread.join()\n    return "done"',
      },
    ],
    evidence: 'spaces 0.51.3 (PyPI), spaces/zero/wrappers.py: release() when the result is there.',
  },
  *check(context) {
    for (const fn of gpuBodies(context)) {
      const text = fn.body ? fn.file.text.slice(fn.body.start, fn.body.end) : '';
      if (/\.join\(|Streamer|\bwhile\b|queue/i.test(text)) continue;
      for (const { file, node, callee } of callsIn(fn)) {
        if (callee === 'threading.Thread') yield at(file, node, { function: fn.name });
      }
    }
  },
  words({ function: name }) {
    return {
      message: `\`${name}\` starts a thread and does not wait for it`,
      note: 'the GPU goes when the function returns',
      help: 'join the thread before returning',
    };
  },
});
