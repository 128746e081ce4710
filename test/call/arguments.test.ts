import { describe, expect, it } from 'vitest';
import {
  argumentsFor,
  commandFor,
  type Endpoint,
  findEndpoint,
  forCommand,
  parseWord,
  usageOf,
} from '../../src/call/arguments.js';

const parameter = (name: string, type: string, defaultValue?: unknown) => ({
  ...{ name, type, label: name, defaultValue },
  hasDefault: defaultValue !== undefined,
});

const endpoint: Endpoint = {
  name: '/generate',
  parameters: [
    parameter('prompt', 'string'),
    parameter('steps', 'number', 4),
    parameter('tiled', 'boolean', false),
    parameter('options', 'any', null),
    parameter('image', 'Blob | File | Buffer', null),
  ],
  returns: [],
};

const given = (...words: readonly string[]) =>
  argumentsFor(
    endpoint,
    words.map((word) => parseWord(word, false)),
    (path) => `file ${path}`,
  );

describe('arguments of a call', () => {
  it('are read by the type of their parameter', () => {
    expect(given('prompt=12', 'steps=8.5', 'tiled=yes', 'options={"a":[1]}')).toEqual({
      ...{ prompt: '12', steps: 8.5, tiled: true, options: { a: [1] } },
    });
    expect(given('prompt=a=b', 'options=plain')).toEqual({ prompt: 'a=b', options: 'plain' });
    expect(given('prompt=')).toEqual({ prompt: '' });
    expect(
      argumentsFor(
        endpoint,
        [parseWord('prompt=x', false), parseWord('image=a=b.png', true)],
        (path) => `file ${path}`,
      ),
    ).toEqual({
      ...{ prompt: 'x', image: 'file a=b.png' },
    });
  });

  it.each([
    [['prompt=x', 'steps=many'], 'steps is "many", which is not a number'],
    [['prompt=x', 'steps='], 'steps is "", which is not a number'],
    [['prompt=x', 'steps=Infinity'], 'steps is "Infinity", which is not a number'],
    [['prompt=x', 'tiled=perhaps'], 'tiled is "perhaps", which is neither true nor false'],
    [['promt=x'], 'generate has no parameter "promt"'],
    [['prompt=x', 'prompt=y'], 'prompt is given twice'],
    [['steps=1'], 'generate needs prompt'],
  ])('%j is refused with a line to paste', (words, message) => {
    expect(() => given(...words)).toThrow(
      expect.objectContaining({
        ...{ code: 'E_CALL_ARGUMENT', message },
        fix: [expect.stringMatching(/^zerogpu call generate prompt=\S+( \w+=\S+)*$/)],
      }),
    );
  });

  it.each([
    ['prompt', false],
    ['=x', false],
    ['image=', true],
  ])('a word %j is refused when it names nothing', (word, isFile) => {
    expect(() => parseWord(word, isFile)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });

  it('an endpoint is found with and without its slash, and a near one is suggested', () => {
    expect(findEndpoint([endpoint], 'generate')).toBe(endpoint);
    expect(findEndpoint([endpoint], '/generate')).toBe(endpoint);
    expect(() => findEndpoint([endpoint], 'generat')).toThrow(
      expect.objectContaining({ code: 'E_CALL_ENDPOINT', fix: ['zerogpu call generate'] }),
    );
  });

  it('errors name the command that took the words', () => {
    const load = (act: () => unknown) => () => forCommand('zerogpu load --function', act);
    expect(load(() => argumentsFor(endpoint, [], () => undefined))).toThrow(
      expect.objectContaining({ fix: ['zerogpu load --function generate prompt=VALUE'] }),
    );
    expect(load(() => findEndpoint([endpoint], 'nothing-like-it'))).toThrow(
      expect.objectContaining({ fix: ['zerogpu call --list'] }),
    );
  });

  it.each([
    [[], 'zerogpu call generate prompt=VALUE'],
    [['steps=1'], 'zerogpu call generate prompt=VALUE steps=1'],
    [
      ["prompt=it's a cat", 'steps=many'],
      String.raw`zerogpu call generate 'prompt=it'\''s a cat' steps=4`,
    ],
    [['promt=x', 'tiled=perhaps'], 'zerogpu call generate prompt=VALUE tiled=false'],
  ])('the command for %j can be pasted', (words, command) => {
    const named = words.map((word) => parseWord(word, false));
    expect(commandFor(endpoint, named)).toBe(command);
  });

  it('usage names every parameter, optional ones in brackets', () => {
    expect(usageOf(endpoint)).toBe(
      'zerogpu call generate prompt=… [steps=4] [tiled=false] [options=null] [--file image=…]',
    );
  });
});
