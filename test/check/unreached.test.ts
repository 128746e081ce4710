import { describe, expect, it } from 'vitest';
import { checkSpace } from '../../src/check/check-space.js';
import { rules } from '../../src/check/rules/index.js';
import { withWords } from '../../src/check/words.js';
import { filesInMemory } from '../../src/space/index.js';

const README = '---\nsdk: gradio\nsdk_version: 5.49.1\npython_version: 3.10.13\n---\n';
const APP = `import gradio as gr
import spaces
import lib

@spaces.GPU(duration=30)
def f(x):
    return x

gr.Interface(f, "text", "text").launch()
`;

async function check(lib: string, app = APP) {
  const files = filesInMemory({ 'README.md': README, 'app.py': app, 'lib.py': lib });
  const options = { platform: 'h200', rules, hosting: null };
  const { findings } = await checkSpace('space', files, options);
  return findings.filter(({ file }) => file.endsWith('.py'));
}

const COMPILE = 'net = torch.compile(net)';

describe('findings in code that nothing reaches', () => {
  it('an error in a function that nothing calls is an info that says so', async () => {
    const [found, ...more] = await check(
      `import torch\ndef g(net):\n    ${COMPILE}\n    return net\n`,
    );
    expect(more).toEqual([]);
    expect(found).toMatchObject({ rule: 'ZG305', severity: 'info', isUnreached: true });
    expect(found && withWords(found).words.note).toContain(
      'nothing in the Space calls this function',
    );
  });

  it('the same function is an error once the app calls it', async () => {
    const lib = `import torch\ndef g(net):\n    ${COMPILE}\n    return net\n`;
    const called = await check(lib, APP.replace('import lib', 'import lib\nlib.g(1)'));
    expect(called.map(({ rule }) => rule)).toContain('ZG305');
    expect(called.every(({ isUnreached }) => !isUnreached)).toBe(true);
  });

  it.each([
    [
      'the main block of an imported module',
      `import torch\nif __name__ == "__main__":\n    ${COMPILE}\n`,
    ],
    ['code for another system', `import sys, torch\nif sys.platform == "win32":\n    ${COMPILE}\n`],
    ['code for type checkers', `import typing, torch\nif typing.TYPE_CHECKING:\n    ${COMPILE}\n`],
  ])('%s has no findings', async (_name, lib) => {
    expect(await check(lib)).toEqual([]);
  });

  it('a GPU function through another module is one', async () => {
    const lib = 'import spaces\nfrom spaces import GPU\n';
    const app = APP.replace('import spaces\nimport lib', 'from lib import *').replace(
      'def f',
      'async def f',
    );
    expect((await check(lib, app)).map(({ rule, severity }) => `${rule} ${severity}`)).toEqual([
      'ZG307 error',
    ]);
  });
});
