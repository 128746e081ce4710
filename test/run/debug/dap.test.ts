import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DapMessage, dapBytes, dapReader } from '../../../src/run/debug/dap.js';

describe('messages of the protocol', () => {
  it('come back whole, however a stream cuts them', () => {
    const message = fc.record({
      seq: fc.nat(),
      type: fc.constantFrom('event' as const, 'request' as const),
      body: fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })),
    });
    fc.assert(
      fc.property(
        fc.array(message),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (sent, cuts) => {
          const got: DapMessage[] = [];
          const read = dapReader((one) => got.push(one));
          const bytes = Buffer.concat(sent.map(dapBytes));
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            const size = cuts[turn % cuts.length] ?? 1;
            expect(read(bytes.subarray(at, at + size))).toBe(true);
            at += size;
          }
          expect(got).toEqual(JSON.parse(JSON.stringify(sent)));
        },
      ),
    );
  });

  it.each([
    ['a web browser', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
    ['a header without an end', 'x'.repeat(5_000)],
    ['a length beyond all measure', 'Content-Length: 99999999999\r\n\r\n'],
    ['no JSON', 'Content-Length: 3\r\n\r\nabc'],
    ['no message', 'Content-Length: 4\r\n\r\nnull'],
  ])('%s is not read', (_what, text) => {
    expect(dapReader(() => expect.unreachable())(Buffer.from(text))).toBe(false);
  });
});
