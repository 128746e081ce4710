/** Functions that no rule reads are left out before parsing: the report says that their syntax is not checked. */
import { describe, expect, it } from 'vitest';
import { folderWith, README, zerogpuIn } from '../support/check/space.js';

const APP = `import gradio as gr
import spaces
import lib


@spaces.GPU(duration=30)
def run(text):
    return lib.f0(text)


gr.Interface(run, "text", "text").launch()
`;
const PLAIN = 'total = value * value * value * value + value';
/** Long enough for a library, with that line in each function. */
const library = (line: string) =>
  Array.from({ length: 120 }, (_, i) => `def f${i}(value):\n    ${line}\n    return total\n`).join(
    '\n',
  );

async function uncheckedIn(text: string): Promise<readonly string[]> {
  const dir = folderWith({ 'README.md': README, 'app.py': APP, 'lib.py': text });
  const { stdout } = await zerogpuIn(dir, ['check', '--json']);
  return (JSON.parse(stdout) as { spaces: [{ unchecked: string[] }] }).spaces[0].unchecked;
}

describe('functions that are left out before parsing', () => {
  it('are named as not checked', async () => {
    expect(await uncheckedIn(library(PLAIN))).toEqual([
      'syntax of functions in a long library file (no rule reads these functions)',
    ]);
  });

  it('are none in a short file, in one that names spaces, or where brackets do not match', async () => {
    expect(await uncheckedIn('def f0(value):\n    return value\n')).toEqual([]);
    expect(await uncheckedIn(`import spaces\n${library(PLAIN)}`)).toEqual([]);
    expect(await uncheckedIn(library('total = (value * value * value + value))'))).toEqual([]);
  });
});
