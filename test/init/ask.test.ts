/** What the questions of `init` draw on a terminal. */
import { resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { collectAnswers } from '../../src/init/ask.js';
import { readTemplates } from '../../src/init/manifest.js';
import { parseInitOptions } from '../../src/init/options.js';

const templates = resolve(import.meta.dirname, '../../templates');

/** The title that comes of the folder's name when Enter is pressed, and what was drawn meanwhile. */
async function askedName(folder: string): Promise<{ title: string; drawn: string }> {
  const terminal = { input: new PassThrough(), output: new PassThrough() };
  let drawn = '';
  terminal.output.on('data', (part) => {
    drawn += String(part);
  });
  const raw = { template: 'hello', platform: 'h200', gradio: '6.0.0', torch: '2.8.0' };
  const options = parseInitOptions({ ...raw, license: 'mit', ci: 'none', git: false });
  const read = await readTemplates(templates);
  const answers = collectAnswers({
    ...{ options, templates: read, folder, terminal },
    ...{ gitByDefault: false, usersPlatform: null },
  });
  while (!drawn.includes('Name')) await sleep(1);
  terminal.input.write('\r');
  return { title: (await answers).title, drawn };
}

it('the name of a folder has no control characters as a title, and turns no text on the screen', async () => {
  const { title, drawn } = await askedName('my\u001b]0;evil\u0007 \u009b2J\u202espace');
  expect(title).toBe('My ]0;evil 2J\u202espace');
  expect(drawn).toContain('My ]0;evil 2J\\u202espace');
  for (const code of ['\u001b]0;', '\u0007', '\u009b', '\u202e']) expect(drawn).not.toContain(code);
});
