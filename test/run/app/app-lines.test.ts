import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { followLines } from '../../../src/run/app/app-lines.js';

class Sink extends EventEmitter {
  writableNeedDrain = false;
}

async function linesOf(chunks: readonly (string | Buffer)[]): Promise<readonly string[]> {
  const source = new PassThrough();
  const lines: string[] = [];
  followLines(source, (line) => lines.push(line), new Sink() as never);
  for (const chunk of chunks) source.write(chunk);
  source.end();
  await once(source, 'end');
  return lines;
}

describe('lines of an app', () => {
  it.each([
    ['end in every way', ['a\nb\r\nc\rd'], ['a', 'b', 'c', 'd']],
    ['may be cut anywhere', ['a', 'b\r', '\nc', '\n'], ['ab', 'c']],
    ['may be empty', ['\n\na\n'], ['', '', 'a']],
    ['may lack their end', ['half'], ['half']],
    ['keep a last carriage return to themselves', ['50 %\r'], ['50 %']],
    ['of nothing are none', [''], []],
  ])('%s', async (_, chunks, lines) => {
    expect(await linesOf(chunks)).toEqual(lines);
  });

  it('keep characters whole that are cut between chunks', async () => {
    const bytes = Buffer.from('größe ✓\n');
    expect(await linesOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual(['größe ✓']);
  });

  it('that never end come in pieces, and lose nothing', async () => {
    const lines = await linesOf(Array.from({ length: 100 }, () => 'x'.repeat(10_000)));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(16_384);
    expect(lines.join('')).toHaveLength(1_000_000);
  });

  it('are the same wherever the chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é') }),
        fc.array(fc.nat(5)),
        async (text, cuts) => {
          const chunks: string[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(text.slice(at, at + cut));
            at += cut;
          }
          expect(await linesOf([...chunks, text.slice(at)])).toEqual(await linesOf([text]));
        },
      ),
    );
  });

  it('wait for whoever reads them', async () => {
    const source = new PassThrough();
    const sink = new Sink();
    const lines: string[] = [];
    followLines(source, (line) => lines.push(line), sink as never);
    sink.writableNeedDrain = true;
    source.write('one\n');
    await expect.poll(() => lines).toEqual(['one']);
    source.write('two\n');
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toEqual(['one']);
    sink.writableNeedDrain = false;
    sink.emit('drain');
    await expect.poll(() => lines).toEqual(['one', 'two']);
  });
});
