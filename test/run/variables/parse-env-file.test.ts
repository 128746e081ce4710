import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../../../src/run/variables/parse-env-file.js';
import { UserError } from '../../../src/shared/errors.js';

const parse = (text: string) => Object.fromEntries(parseEnvFile(text, '.env'));
const errorOf = (text: string): UserError => {
  try {
    parseEnvFile(text, '.env');
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was read');
};

describe('a .env file', () => {
  it('has names and values, quoted or not, and comments', () => {
    const text = [
      '\uFEFF# settings of the Space',
      'A=1',
      'export B = two # a comment',
      'C="x # y" # z',
      "D='a\r\nb'",
      'E=   # empty',
      'F=',
      'G=a=b',
      'H=a"b',
      'I=`both " and \'`',
      '',
      'A=last',
    ].join('\n');
    expect(parse(text)).toEqual({
      ...{ A: 'last', B: 'two', C: 'x # y', D: 'a\nb', E: '', F: '', G: 'a=b', H: 'a"b' },
      I: 'both " and \'',
    });
  });

  it('keeps a key of many lines whole, and takes no name for another', () => {
    const key = '-----BEGIN KEY-----\nQUJD\nREVG==\n-----END KEY-----';
    expect(parse(`KEY="${key}"\n__proto__=x\nEMPTY=\nconstructor=y`)).toMatchObject({
      ...{ KEY: key, EMPTY: '', constructor: 'y' },
    });
  });

  it.each([
    ['A=1\nsecret-value', 2, 'It has no ='],
    ['A=1\n\nexport', 3, 'It has no ='],
    ['1A=secret-value', 1, 'A name has letters'],
    ['A-B=secret-value', 1, 'A name has letters'],
    ['A B=secret-value', 1, 'A name has letters'],
    ['=secret-value', 1, 'A name has letters'],
    ['A="secret-value', 1, 'is not closed'],
    ['A="secret-value\nB="b"', 1, 'Text follows the closing quote'],
    ['A="secret\\"-value"', 1, 'Text follows the closing quote'],
    ['A=secret#value', 1, 'needs quotes'],
    ['A=secret\0value', 1, 'NUL byte'],
  ])('names the line that it cannot read, and not what is there: %j', (text, line, why) => {
    const error = errorOf(text);
    expect(error).toMatchObject({
      code: 'E_USAGE',
      message: `--env-file .env, line ${line} can't be read`,
    });
    expect(error.why).toContain(why);
    expect(`${error.message} ${error.why} ${error.fix}`).not.toContain('secret');
  });

  it('gives back whatever stands in quotes', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('"', "'", '`'), (text, quote) => {
        const value = text.replaceAll(quote, '').replace(/[\0\r]/g, '');
        // Node reads \n in double quotes as the end of a line.
        fc.pre(quote !== '"' || !value.includes('\\n'));
        expect(parse(`A=${quote}${value}${quote}\nB=1`)).toEqual({ A: value, B: '1' });
      }),
    );
  });

  it('is read or refused, whatever it has', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('A', '=', '"', "'", '#', ' ', '\n', '\\', 'x')),
        (parts) => {
          try {
            for (const value of parseEnvFile(parts.join(''), '.env').values()) {
              expect(value).toBeTypeOf('string');
            }
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
    );
  });
});
