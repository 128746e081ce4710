/** Folders and Spaces on the Hub, as a command line names them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isHubName, parseHubName } from '../../src/hub/names.js';
import { askingHub, namesakeLine, readSpaceWord, spaceWordIn } from '../../src/hub/space-word.js';
import { hubAt, json, type StubHub, startStub } from '../support/hub/stub.js';
import { temporaryFolder } from '../support/supervise.js';

describe('an address of a Space', () => {
  it.each([
    ['https://huggingface.co/spaces/ada/hello', null],
    ['http://hf.co/spaces/ada/hello/', null],
    ['huggingface.co/spaces/ada/hello?logs=build#x', null],
    ['https://www.huggingface.co/spaces/ada/hello/tree/v2', 'v2'],
    ['https://huggingface.co/spaces/ada/hello/blob/refs%2Fpr%2F1/app.py', 'refs/pr/1'],
    ['https://huggingface.co/spaces/ada/hello/discussions/3', null],
    ['hf:ada/hello', null],
  ])('is its name: %s', (text, revision) => {
    expect(isHubName(text)).toBe(true);
    expect(parseHubName(text)).toEqual({ id: 'ada/hello', revision });
  });

  it.each([
    'https://ada-hello.hf.space',
    'ADA-hello.hf.space/?view=api',
    'https://ada-hello.static.hf.space/index.html',
  ])('is where it is served: %s', (text) => {
    expect(isHubName(text)).toBe(true);
    expect(parseHubName(text)).toEqual({ subdomain: 'ada-hello' });
  });

  it.each([
    'https://huggingface.co/spaces/ada',
    'https://huggingface.co/spaces/../hello',
    'https://huggingface.co/spaces/ada/hello/tree/..',
  ])('is refused where it names none: %s', (text) => {
    expect(isHubName(text)).toBe(true);
    expect(() => parseHubName(text)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });

  it.each([
    'https://example.com/spaces/ada/hello',
    'https://huggingface.co.example.com/spaces/ada/hello',
    'https://huggingface.co/ada/model',
    'https://hf.space.example.com',
    'hello',
    './hf:ada/hello',
  ])('is not one: %s', (text) => expect(isHubName(text)).toBe(false));
});

describe('a word of a command line', () => {
  const read = (said: string, ...there: string[]) =>
    readSpaceWord(said, (path) => there.includes(path));

  it('is a folder where there is one, with a line about the Space of that name', () => {
    const word = read('ada/hello', 'ada', 'ada/hello');
    expect(word).toEqual({ kind: 'folder', namesake: 'hf:ada/hello' });
    expect(namesakeLine(word)).toBe(
      'the folder ada/hello; the Space on the Hub of that name is hf:ada/hello',
    );
    expect(namesakeLine(read('./ada/hello', './ada/hello'))).toBeNull();
    expect(namesakeLine(read('ada/hello/', 'ada/hello/'))).toBeNull();
  });

  it('is a Space on the Hub where there is no folder', () => {
    expect(read('ada/hello')).toEqual({ kind: 'hub', name: 'hf:ada/hello', wasFolder: true });
    expect(read('ada/hello@v2')).toMatchObject({ kind: 'hub', name: 'hf:ada/hello@v2' });
    const address = 'https://ada-hello.hf.space';
    expect(read(address)).toEqual({ kind: 'hub', name: address, wasFolder: false });
  });

  it('is a slip in the name of a folder where its first part is here, or it names a file', () => {
    expect(read('demos/helo', 'demos')).toEqual({ kind: 'folder', namesake: null });
    for (const said of ['src/app.py', './hello', '../hello', 'hello', 'a/b/c', '.', '/a/b']) {
      expect(read(said)).toEqual({ kind: 'folder', namesake: null });
    }
  });

  it('looks into the current folder', () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'ada/hello'), { recursive: true });
    expect(spaceWordIn(cwd, 'ada/hello').kind).toBe('folder');
    expect(spaceWordIn(cwd, 'bob/hello').kind).toBe('hub');
  });
});

describe('the Hub', () => {
  let stub: StubHub;
  beforeEach(async () => {
    stub = await startStub();
  });
  afterEach(() => stub.close());
  const served = { subdomain: 'ada-my-hello' };

  it('is asked for the name behind an address, and for nothing else', async () => {
    stub.answer(json({ id: 'Ada/my_hello' }));
    const hub = hubAt(stub.url);
    expect(await hub.named({ id: 'ada/hello', revision: 'v2' })).toEqual({
      ...{ id: 'ada/hello', revision: 'v2' },
    });
    expect(stub.seen).toEqual([]);
    expect(await hub.named(served)).toEqual({ id: 'Ada/my_hello', revision: null });
    expect(stub.seen.map(({ path }) => path)).toEqual(['/api/spaces/by-subdomain/ada-my-hello']);
  });

  it('may not know it: the error lists what the address may stand for', async () => {
    const error = await hubAt(stub.url)
      .named(served)
      .catch((one: unknown) => one);
    expect(error).toMatchObject({
      code: 'E_HUB_NOT_FOUND',
      fix: ['name it: hf:ada/my-hello or hf:ada-my/hello'],
    });
    await expect(hubAt(stub.url, { offline: true }).named(served)).rejects.toMatchObject({
      code: 'E_HUB_OFFLINE',
    });
    stub.answer(json({ id: '../etc' }));
    await expect(hubAt(stub.url).named(served)).rejects.toMatchObject({
      code: 'E_HUB_ANSWER',
    });
  });

  it('has an error that says that there was no folder either', async () => {
    const asked = askingHub('ada/hello', { wasFolder: true }, () =>
      hubAt(stub.url).space('ada/hello'),
    );
    await expect(asked).rejects.toMatchObject({
      code: 'E_HUB_NOT_FOUND',
      why: expect.stringMatching(/^There is no folder ada\/hello here/),
    });
  });
});
