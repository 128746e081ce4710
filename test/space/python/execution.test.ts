import { describe, expect, it } from 'vitest';
import type { PythonModel } from '../../../src/space/python/index.js';
import { pythonOf } from '../../support/space/python.js';

type Files = Readonly<Record<string, string>>;

/** How the call `mark()` is executed, wherever it is. */
async function executionOf(files: string | Files): Promise<string> {
  const python = await pythonOf(files);
  const calls = python.files.flatMap((file) =>
    file.calls.filter(({ method }) => method === 'mark'),
  );
  return calls.map(({ file, node }) => python.executionOf(file, node)).join(' ');
}

async function start(files: string | Files): Promise<Record<'called' | 'only', readonly string[]>> {
  const python: PythonModel = await pythonOf(files);
  const names = (all: ReadonlySet<{ name: string }>) => [...all].map(({ name }) => name).sort();
  return { called: names(python.calledAtStart), only: names(python.onlyAtStart) };
}

const MAIN = 'if __name__ == "__main__":\n    mark()\n';

describe('what is executed', () => {
  it.each([
    ['the module level', 'mark()'],
    ['the main block of the app', MAIN],
    ['a function that is called', 'def f():\n    mark()\nf()'],
    ['a function that is handed on', 'def f():\n    mark()\ngr.Interface(fn=f)'],
    ['a function in a table', 'def f():\n    mark()\nTABLE = {"f": f}'],
    ['a function that is named in a string', 'def f():\n    mark()\ngetattr(x, "f")()'],
    ['a GPU function that nothing binds', 'import spaces\n@spaces.GPU\ndef f():\n    mark()'],
    ['a function under a decorator of a framework', '@app.get("/")\ndef f():\n    mark()'],
    ['a lambda', 'go(lambda: mark())'],
    ['a method of an instance', 'class A:\n    def f(self):\n        mark()\nA().f()'],
    [
      'a method that something unknown may call',
      'class A:\n    def f(self):\n        mark()\nmake(A).f()',
    ],
    [
      'a hook of a module',
      'import torch\nclass A(torch.nn.Module):\n    def forward(self):\n        mark()\nA()',
    ],
    ['a method of a foreign base', 'class A(Trainer):\n    def step(self):\n        mark()\nA()'],
    [
      'a method that overrides',
      'class B:\n    def go(self):\n        self.step()\n    def step(self): pass\nclass A(B):\n    def step(self):\n        mark()\nA().go()',
    ],
    ['a nested function', 'def f():\n    def g():\n        mark()\n    return g\nf()()'],
    ['under a condition that holds', 'import sys\nif sys.platform == "linux":\n    mark()'],
    [
      'under a variable that the platform sets',
      'import os\nif os.environ.get("SPACE_ID"):\n    mark()',
    ],
    [
      'under a variable that a Space may set',
      'import os\nif os.getenv("FAST") == "1":\n    mark()',
    ],
    ['functions that are found by name', 'def f():\n    mark()\nglobals()["f"]()'],
  ])('%s', async (_name, app) => {
    expect(await executionOf(app)).toBe('executed');
  });

  it.each([
    ['a function that nothing calls', 'def f():\n    mark()'],
    ['a function that only itself calls', 'def f():\n    mark()\n    f()'],
    ['a function that only an unused one calls', 'def f():\n    mark()\ndef g():\n    f()'],
    [
      'a method that nothing calls',
      'import torch\nclass A(torch.nn.Module):\n    def speed(self):\n        mark()\nA()',
    ],
    ['a method of a class that nothing uses', 'class A:\n    def __init__(self):\n        mark()'],
    [
      'a compiled function that nothing calls',
      'import torch\n@torch.compile(dynamic=False)\ndef f():\n    mark()',
    ],
  ])('%s is unreached', async (_name, app) => {
    expect(await executionOf(app)).toBe('unreached');
  });

  it.each([
    ['if False', 'if False:\n    mark()'],
    ['while 0', 'while 0:\n    mark()'],
    ['the other branch', 'if True:\n    pass\nelse:\n    mark()'],
    ['TYPE_CHECKING', 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    mark()'],
    ['TYPE_CHECKING of an alias', 'import typing as t\nif t.TYPE_CHECKING:\n    mark()'],
    ['Windows', 'import os\nif os.name == "nt":\n    mark()'],
    ['macOS', 'import platform\nif platform.system() == "Darwin" and x:\n    mark()'],
    ['no Space', 'import os\nif not os.getenv("SPACE_ID"):\n    mark()'],
    [
      'no Space, under a name',
      'import os\nLOCAL = "SPACE_ID" not in os.environ\nif LOCAL:\n    mark()',
    ],
    [
      'elif after what holds',
      'import os\nif os.getenv("SYSTEM") == "spaces":\n    pass\nelif x:\n    mark()',
    ],
    ['after a return', 'def f():\n    return 1\n    mark()\nf()'],
    ['after sys.exit', 'import sys\nif x:\n    sys.exit(1)\n    mark()'],
    ['a conditional expression', 'x = mark() if False else 1'],
    ['the right of and', 'False and mark()'],
    ['the main block of another module', { 'app.py': 'import m', 'm.py': MAIN }],
    [
      'a function of such a block',
      {
        'app.py': 'import m',
        'm.py': 'if "__main__" == __name__:\n    def f():\n        mark()\n    f()',
      },
    ],
  ])('%s is never executed', async (_name, files: string | Files) => {
    expect(await executionOf(files)).toBe('never');
  });

  it('a module that only an unused function imports is unreached', async () => {
    const files = { 'app.py': 'def f():\n    import m\n', 'm.py': 'mark()' };
    expect(await executionOf(files)).toBe('unreached');
  });

  it.each([
    ['by other functions', 'def a():\n    b()\ndef b(): pass\na()', ['a', 'b'], ['a', 'b']],
    [
      'in other modules',
      { 'app.py': 'import m\nm.a()', 'm.py': 'def a():\n    b()\ndef b(): pass' },
      ['a', 'b'],
      ['a', 'b'],
    ],
    [
      'by a class',
      'class A:\n    def __init__(self):\n        self.load()\n    def load(self): pass\nA()',
      ['__init__', 'load'],
      ['__init__', 'load'],
    ],
    [
      'by a thread',
      'import threading\ndef a(): pass\nthreading.Thread(target=a).start()',
      ['a'],
      [],
    ],
    ['and by visitors', 'import gradio as gr\ndef a(): pass\na()\ngr.Interface(a)', ['a'], []],
    [
      'and by a handler',
      'import gradio as gr\ndef a(): pass\ndef h():\n    a()\na()\ngr.Interface(h)',
      ['a'],
      [],
    ],
    ['not by a lambda', 'def a(): pass\ngo(lambda: a())', [], []],
    [
      'not beyond a GPU function',
      'import spaces\ndef b(): pass\n@spaces.GPU\ndef a():\n    b()\ndef go():\n    return a()\ngo()',
      ['a', 'go'],
      ['a', 'go'],
    ],
  ])(
    'functions that are called at start %s',
    async (_name, files: string | Files, called, only) => {
      expect(await start(files)).toEqual({ called, only });
    },
  );
});
