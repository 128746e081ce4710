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

  it('are never a file that nobody named', () => {
    expect(() => valuesOf(endpoint, chooseValues(endpoint, []))).toThrow('draw needs image');
  });
});
