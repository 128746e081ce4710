import { describe, expect, it } from 'vitest';
import { chooseValues, valuesOf } from '../../src/estimate/values.js';

const endpoint = {
  name: '/draw',
  returns: [],
  parameters: [
    {
      name: 'prompt',
      label: '',
      type: 'string',
      hasDefault: false,
      defaultValue: undefined,
      exampleInput: 'Hello!!',
    },
    { name: 'steps', label: '', type: 'number', hasDefault: true, defaultValue: 28 },
    {
      name: 'image',
      label: '',
      type: 'Blob | File | Buffer',
      hasDefault: false,
      defaultValue: undefined,
      exampleInput: {},
    },
  ],
};

describe('values of an endpoint', () => {
  it('are what was said, the defaults, and examples, and say so', () => {
    const image = { key: 'image', text: '{"path": "cat.png"}', isFile: false };
    const chosen = chooseValues(endpoint, [image]);
    expect(chosen.assumed).toEqual(["prompt=Hello!! (Gradio's example)", 'steps=28 (default)']);
    expect(valuesOf(endpoint, chosen)).toEqual({ prompt: 'Hello!!', image: { path: 'cat.png' } });
    const steps = { key: 'steps', text: '50', isFile: false };
    expect(valuesOf(endpoint, chooseValues(endpoint, [image, steps]))).toMatchObject({ steps: 50 });
  });

  it('come from the first row of the Examples before any default, files as they are', () => {
    const file = { path: '/tmp/gradio/cat.png', url: 'http://127.0.0.1:1/cat.png' };
    const [prompt, steps, image] = endpoint.parameters;
    if (!prompt || !steps || !image) throw new Error('three parameters');
    const parameters = [prompt, { ...steps, pageExample: 4 }, { ...image, pageExample: file }];
    const chosen = chooseValues({ ...endpoint, parameters }, []);
    expect(chosen.assumed.slice(1)).toEqual([
      "steps=4 (the page's example)",
      "image=cat.png (the page's example)",
    ]);
    expect(valuesOf({ ...endpoint, parameters }, chosen)).toMatchObject({ steps: 4, image: file });
  });

  it('are never a file that was not named', () => {
    expect(() => valuesOf(endpoint, chooseValues(endpoint, []))).toThrow('draw needs image');
  });
});
