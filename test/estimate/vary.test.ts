import { describe, expect, it } from 'vitest';
import { ask } from '../../src/estimate/ask.js';
import { combinations, parseVariations } from '../../src/estimate/vary.js';
import { UserError } from '../../src/shared/errors.js';

const texts = (options: readonly string[]) =>
  combinations(parseVariations(options, [])).map((row) =>
    row.map(({ key, text }) => `${key}=${text}`).join(' '),
  );

describe('--vary', () => {
  it('makes one call for each combination, the last parameter changing first', () => {
    expect(texts(['width=512, 1024', 'steps=4,8,4'])).toEqual([
      'width=512 steps=4',
      'width=512 steps=8',
      'width=1024 steps=4',
      'width=1024 steps=8',
    ]);
    expect(texts([])).toEqual(['']);
  });

  it.each([
    [['width'], '--vary width has no values'],
    [['=512'], '--vary =512 has no values'],
    [['width=512,,1024'], 'has an empty value'],
    [['width=1', 'width=2'], 'width is given twice'],
    [['a=1,2,3,4,5', 'b=1,2,3,4,5', 'c=1,2,3'], '--vary asks for 75 calls'],
  ])('refuses %j', (options, message) => {
    expect(() => parseVariations(options, [])).toThrow(message);
  });

  it('refuses a parameter that has a value already', () => {
    const said = [{ key: 'width', text: '512', isFile: false }];
    expect(() => parseVariations(['width=1,2'], said)).toThrow('width is given twice');
  });

  it('ends with an error for an argument that the only endpoint does not take', async () => {
    const error = new UserError('E_CALL_ARGUMENT', 'draw has no parameter "x"', { fix: 'x' });
    const session = {
      endpoints: [{ name: '/draw', parameters: [], returns: [] }],
      call: () => Promise.reject(error),
    };
    const asked = { endpoint: null, words: [], largest: null };
    const varied = { ...asked, variations: parseVariations(['x=1,2'], []) };
    await expect(ask(varied, session)).rejects.toBe(error);
    const { observed } = await ask({ ...asked, variations: [] }, session);
    expect(observed).toMatchObject([{ endpoint: 'draw' }]);
  });
});
