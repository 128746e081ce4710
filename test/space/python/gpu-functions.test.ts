import { describe, expect, it } from 'vitest';
import { pythonOf } from '../../support/space/python.js';

/** `name kind duration` of each GPU function. */
async function gpu(files: Parameters<typeof pythonOf>[0]): Promise<readonly string[]> {
  const { gpuFunctions } = await pythonOf(files);
  return gpuFunctions.map(({ qualifiedName, kind, duration, isReachable }) => {
    const seconds = duration.kind === 'seconds' ? String(duration.seconds) : duration.kind;
    return `${qualifiedName} ${kind} ${seconds}${isReachable ? '' : ' unreached'}`;
  });
}

describe('GPU functions', () => {
  it.each([
    ['bare', 'import spaces\n@spaces.GPU\ndef f(): pass', ['f decorator default']],
    ['called', 'import spaces\n@spaces.GPU()\ndef f(): pass', ['f decorator default']],
    ['keyword', 'import spaces\n@spaces.GPU(duration=120)\ndef f(): pass', ['f decorator 120']],
    ['positional', 'import spaces\n@spaces.GPU(45)\ndef f(): pass', ['f decorator 45']],
    ['aliased name', 'from spaces import GPU as gpu\n@gpu\ndef f(): pass', ['f decorator default']],
    [
      'aliased module',
      'import spaces as sp\n@sp.GPU(duration=2*30)\ndef f(): pass',
      ['f decorator 60'],
    ],
    ['call form', 'import spaces\ndef f(): pass\ng = spaces.GPU(f)', ['f call default']],
    [
      'configured, then applied',
      'import spaces\ndef f(): pass\ng = spaces.GPU(duration=30)(f)',
      ['f call 30'],
    ],
    [
      'configured under a name',
      'import spaces\ngpu = spaces.GPU(duration=30)\n@gpu\ndef f(): pass',
      ['f decorator 30'],
    ],
    [
      'method',
      'import spaces\nclass A:\n    @spaces.GPU\n    def f(self): pass',
      ['A.f decorator default'],
    ],
    [
      'nested',
      'import spaces\ndef build():\n    @spaces.GPU\n    def f(): yield 1\n    return f',
      ['build.f decorator default'],
    ],
    [
      'stacked',
      'import spaces, torch\n@spaces.GPU\n@torch.inference_mode()\ndef f(): pass',
      ['f decorator default'],
    ],
    [
      'constant',
      'import spaces\nfrom datetime import timedelta\nM = 2\n@spaces.GPU(duration=timedelta(minutes=M))\ndef f(): pass',
      ['f decorator 120'],
    ],
    [
      'from the environment',
      'import os, spaces\nD = int(os.environ.get("D", "60"))\n@spaces.GPU(duration=D)\ndef f(): pass',
      ['f decorator unknown'],
    ],
    [
      'by a function',
      'import spaces\ndef d(x): return 1\n@spaces.GPU(duration=d)\ndef f(x): pass',
      ['f decorator callable'],
    ],
    [
      'stub when it is missing',
      'try:\n    import spaces\nexcept ImportError:\n    class spaces:\n        @staticmethod\n        def GPU(f): return f\n@spaces.GPU\ndef f(): pass',
      ['f decorator default'],
    ],
    [
      'conditional',
      'import os\nif os.environ.get("SPACES_ZERO_GPU"):\n    import spaces\n    gpu = spaces.GPU\nelse:\n    gpu = lambda f: f\n@gpu\ndef f(): pass',
      ['f decorator default'],
    ],
    [
      "the project's own wrapper",
      'import spaces\ndef on_gpu(f):\n    return spaces.GPU(duration=20)(f)\n@on_gpu\ndef f(): pass',
      ['f wrapper 20'],
    ],
    [
      'a wrapper that makes decorators',
      'import spaces\ndef on_gpu(duration=60):\n    def wrap(f):\n        return spaces.GPU(duration=duration)(f)\n    return wrap\n@on_gpu(duration=5)\ndef f(): pass',
      ['f wrapper unknown'],
    ],
    [
      'after a syntax error',
      'import spaces\ndef broken(:\n    pass\n\n@spaces.GPU\ndef f(): pass',
      ['f decorator default'],
    ],
    [
      'with starred arguments',
      'import spaces\nopts = {}\n@spaces.GPU(**opts)\ndef f(): pass',
      ['f decorator unknown'],
    ],
  ])('are found: %s', async (_name, source, expected) => {
    expect(await gpu(source)).toEqual(expected);
  });

  it.each([
    ['gymnasium', 'from gymnasium import spaces\n@spaces.GPU\ndef f(): pass'],
    ['a comment', 'import spaces\n# @spaces.GPU\ndef f(): pass'],
    [
      'a docstring',
      'import spaces\ndef f():\n    """\n    @spaces.GPU\n    def g(): pass\n    """',
    ],
    ['a string', 'import spaces\nx = "@spaces.GPU"'],
    ['another GPU', 'import GPU\n@GPU.run\ndef f(): pass'],
  ])('are not: %s', async (_name, source) => {
    expect(await gpu(source)).toEqual([]);
  });

  it('are found across the modules of the Space', async () => {
    const files = {
      'app.py':
        'from lib.model import run\nimport lib.more as more\nfrom lib import gpu\n@gpu.fast\ndef f(): pass',
      'lib/__init__.py': '',
      'lib/model.py': 'from .gpu import on_gpu\n@on_gpu\ndef run(): pass',
      'lib/gpu.py':
        'import spaces\ndef on_gpu(f): return spaces.GPU(f)\nfast = spaces.GPU(duration=9)',
      'lib/more.py': 'from ..other import nothing\nfrom spaces import GPU\n@GPU\ndef h(): pass',
      'unused.py': 'import spaces\n@spaces.GPU\ndef z(): pass',
    };
    expect([...(await gpu(files))].sort()).toEqual([
      'f decorator 9',
      'h decorator default',
      'run wrapper default',
    ]);
  });

  it('are found in files that nothing imports only when there are no others', async () => {
    const files = { 'app.py': 'print(1)', 'x.py': 'import spaces\n@spaces.GPU\ndef z(): pass' };
    expect(await gpu(files)).toEqual(['z decorator default unreached']);
  });

  it('a module of the Space called spaces is not the package', async () => {
    const files = { 'app.py': 'import spaces\n@spaces.GPU\ndef f(): pass', 'spaces.py': 'GPU = 1' };
    expect(await gpu(files)).toEqual([]);
  });

  it.each([
    [
      'a byte order mark and CRLF',
      '\ufeffimport spaces\r\n@spaces.GPU\r\ndef f():\r\n    pass\r\n',
    ],
    [
      'a declared encoding',
      '# -*- coding: latin-1 -*-\nimport spaces\n@spaces.GPU\ndef f(): pass\n',
    ],
  ])('are found in a file with %s', async (_name, source) => {
    const model = await pythonOf(source);
    expect(model.gpuFunctions).toHaveLength(1);
    expect(model.app?.syntaxErrors).toEqual([]);
    expect(model.gpuFunctions[0]?.makerRange.line).toBe(source.startsWith('#') ? 3 : 2);
  });
});
