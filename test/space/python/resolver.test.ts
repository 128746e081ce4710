import { describe, expect, it } from 'vitest';
import { pythonOf } from '../../support/space/python.js';

type Files = Readonly<Record<string, string>>;

const BODY = 'def f(): pass\n';
const HF =
  'try:\n    import spaces\n    from spaces import GPU\nexcept ImportError:\n    spaces = None\n';

/** Ways from an app to `spaces.GPU` through other modules, each with the decorator that it ends in. */
const WAYS: readonly (readonly [string, Files])[] = [
  ['a re-exported package', { 'app.py': `from lib.hf import spaces\n@spaces.GPU\n${BODY}` }],
  ['a re-exported name', { 'app.py': `from lib.hf import GPU as gpu\n@gpu(duration=30)\n${BODY}` }],
  ['an attribute of a module', { 'app.py': `from lib import hf\n@hf.spaces.GPU\n${BODY}` }],
  ['an attribute of a package', { 'app.py': `import lib.hf\n@lib.hf.GPU\n${BODY}` }],
  ['a module under another name', { 'app.py': `import lib.hf as x\n@x.spaces.GPU()\n${BODY}` }],
  ['a star import', { 'app.py': `from lib.hf import *\n@spaces.GPU\n${BODY}` }],
  ['an alias', { 'app.py': `from lib.hf import spaces\ng = spaces.GPU\nh = g\n@h\n${BODY}` }],
  [
    'a star import of a star import',
    { 'lib/all.py': 'from .hf import *\n', 'app.py': `from lib.all import *\n@GPU\n${BODY}` },
  ],
  [
    'a star import with __all__',
    {
      'lib/few.py': 'from .hf import spaces as _s\n__all__ = ["_s"]\n',
      'app.py': `from lib.few import *\n@_s.GPU\n${BODY}`,
    },
  ],
  [
    'the package of the module',
    { 'lib/__init__.py': 'from .hf import GPU\n', 'app.py': `import lib\n@lib.GPU\n${BODY}` },
  ],
  [
    'an attribute of a class',
    { 'app.py': `from lib.hf import spaces\nclass C:\n    gpu = spaces.GPU\n@C.gpu\n${BODY}` },
  ],
  [
    'an attribute of an inherited class',
    {
      'lib/c.py': 'import spaces\nclass B:\n    gpu = spaces.GPU\n',
      'app.py': `from lib.c import B\nclass C(B): pass\nc = C()\n@c.gpu\n${BODY}`,
    },
  ],
  ['getattr', { 'app.py': `from lib import hf\n@getattr(hf, "GPU")\n${BODY}` }],
  [
    'import_module',
    { 'app.py': `import importlib\ns = importlib.import_module("spaces")\n@s.GPU\n${BODY}` },
  ],
  [
    'import_module of its own',
    { 'app.py': `import importlib\ns = importlib.import_module("lib.hf")\n@s.GPU\n${BODY}` },
  ],
  ['a pair', { 'app.py': `import spaces, torch\ng, t = spaces.GPU, torch\n@g\n${BODY}` }],
  ['a walrus', { 'app.py': `import spaces\nif (g := spaces.GPU):\n    pass\n@g\n${BODY}` }],
  [
    'a method of its own',
    { 'app.py': `from lib import hf\nclass A:\n    @hf.GPU\n    def f(self): pass\n` },
  ],
  [
    'an import inside a function',
    {
      'app.py': `def make():\n    from lib.hf import GPU\n    @GPU\n    def f(): pass\n    return f\nmake()\n`,
    },
  ],
];

describe('names through modules', () => {
  it.each(WAYS)('%s', async (_name, files) => {
    const python = await pythonOf({ 'lib/hf.py': HF, ...files });
    expect(python.gpuFunctions.map(({ name }) => name)).toEqual(['f']);
  });

  it.each([
    [
      'a module of the Space called spaces',
      { 'spaces.py': 'def GPU(f): return f\n', 'app.py': `import spaces\n@spaces.GPU\n${BODY}` },
    ],
    [
      'a class called spaces',
      { 'app.py': `class spaces:\n    def GPU(f): return f\n@spaces.GPU\n${BODY}` },
    ],
    [
      'a name that __all__ leaves out',
      {
        'lib/few.py': 'from spaces import GPU\n__all__ = []\n',
        'app.py': `from lib.few import *\n@GPU\n${BODY}`,
      },
    ],
    [
      'a name that a star import leaves out',
      {
        'lib/few.py': 'from spaces import GPU as _GPU\n',
        'app.py': `from lib.few import *\n@_GPU\n${BODY}`,
      },
    ],
    [
      'imports that lead in a ring',
      {
        'a.py': 'from b import GPU\n',
        'b.py': 'from a import GPU\n',
        'app.py': `from a import GPU\n@GPU\n${BODY}`,
      },
    ],
  ])('%s is not the package', async (_name, files: Files) => {
    expect((await pythonOf(files)).gpuFunctions).toEqual([]);
  });

  it('calls have the name of the package, whatever it is called here', async () => {
    const { files } = await pythonOf({
      'lib/t.py': 'import torch\nfrom torch import cuda as c\n',
      'app.py': 'from lib.t import c, torch as t\nc.init()\nt.compile(1)\nx = t.nn\nx.Linear()\n',
    });
    const names = files[0]?.calls.map(({ callee }) => callee);
    expect(names).toEqual(['torch.cuda.init', 'torch.compile', 'torch.nn.Linear']);
  });

  it.each([
    ['of an instance', 'from lib.m import Model\nm = Model()\nm.load()', 'Model.load'],
    ['of an instance of another module', 'from lib import m\nm.model.load()', 'Model.load'],
    [
      'that is inherited',
      'from lib.m import Model\nclass Big(Model): pass\nb = Big()\nb.load()',
      'Model.load',
    ],
    [
      'of a parameter with a type',
      'from lib.m import Model\ndef f(x: Model):\n    x.load()',
      'Model.load',
    ],
    ['under another name', 'from lib.m import helper as h\nh()', 'helper'],
    [
      'in functools.partial',
      'import functools\nfrom lib.m import helper\np = functools.partial(helper, 1)\np()',
      'helper',
    ],
  ])('a function %s', async (_name, app, wanted) => {
    const python = await pythonOf({
      'lib/m.py': 'class Model:\n    def load(self): pass\nmodel = Model()\ndef helper(): pass\n',
      'app.py': app,
    });
    const call = python.files[0]?.calls.at(-1);
    const callee = call?.node.children[0];
    const found = call && callee ? python.functionOf(call.file, callee) : null;
    expect(found?.qualifiedName).toBe(wanted);
  });

  it('a number is followed from module to module, unless something changes it', async () => {
    const python = await pythonOf({
      'conf.py':
        'class C:\n    SECONDS = 90\nSLOW = C.SECONDS * 2\nLOUD = 1\ndef f():\n    global LOUD\n    LOUD = 2\n',
      'app.py':
        'import spaces, conf\nfrom conf import SLOW, LOUD\n@spaces.GPU(duration=SLOW)\ndef a(): pass\n@spaces.GPU(duration=conf.C.SECONDS)\ndef b(): pass\n@spaces.GPU(duration=LOUD)\ndef c(): pass\ndef outer(SLOW):\n    @spaces.GPU(duration=SLOW)\n    def d(): pass\n',
    });
    const seconds = python.gpuFunctions.map(({ duration }) =>
      duration.kind === 'seconds' ? duration.seconds : duration.kind,
    );
    expect(seconds).toEqual([180, 90, 'unknown', 'unknown']);
  });
});
