import { describe, expect, it } from 'vitest';
import { pageInputs } from '../../src/call/page.js';

const slider = { minimum: 256, maximum: 2048, value: 512, step: 64 };
/** As Gradio 6.31.0 serves it, without what is not read. */
const config = {
  components: [
    { id: 1, type: 'textbox', props: {} },
    { id: 2, type: 'slider', props: slider },
    { id: 3, type: 'state', props: {} },
    { id: 5, type: 'button', props: {} },
    {
      id: 6,
      type: 'dataset',
      props: {
        samples: [
          ['a cat', 1024],
          ['dog', 512],
        ],
      },
    },
  ],
  dependencies: [
    { targets: [[6, 'click']], inputs: [6], outputs: [1, 2], api_name: 'load_example' },
    {
      targets: [
        [5, 'click'],
        [null, 'load'],
      ],
      inputs: [1, 3, 2],
      outputs: [4],
      api_name: 'generate',
    },
    { targets: [[5, 'click']], inputs: [1], outputs: [4], api_name: false },
  ],
};

describe('what the page offers', () => {
  it('is the first row of the Examples and the bounds of sliders, without states', () => {
    expect(pageInputs(config).get('/generate')).toEqual([
      { example: 'a cat' },
      { example: 1024, bounds: { minimum: 256, maximum: 2048, step: 64 } },
    ]);
  });

  it('is nothing where a row does not fill what its click writes to', () => {
    const short = structuredClone(config);
    short.components[4] = { id: 6, type: 'dataset', props: { samples: [['a cat']] } } as never;
    expect(pageInputs(short).get('/generate')?.[0]).toEqual({});
  });

  it.each([undefined, null, {}, [], { components: 1 }, { components: [], dependencies: [{}] }])(
    'is nothing for %j',
    (broken) => {
      expect([...pageInputs(broken)]).toEqual([]);
    },
  );
});
