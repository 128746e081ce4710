import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createToldReader } from '../../src/gateway/told.js';

function event(payload: object): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}

const refused = event({
  msg: 'process_completed',
  event_id: 'e',
  success: false,
  output: { error: 'You have exceeded it. ', title: 'ZeroGPU quota exceeded', visible: true },
});
const stream =
  event({ msg: 'estimation', queue_size: 0 }) +
  event({ msg: 'log', log: 'Waiting for a GPU', level: 'info', title: 'ZeroGPU queue' }) +
  event({ msg: 'log', log: 'the app’s own', level: 'info', title: 'Info' }) +
  event({ msg: 'process_completed', success: true, output: { data: ['"process_completed"'] } }) +
  refused;
const told = ['ZeroGPU queue: Waiting for a GPU', 'ZeroGPU quota exceeded: You have exceeded it.'];

function readIn(chunks: readonly Uint8Array[]): string[] {
  const found: string[] = [];
  const read = createToldReader((text) => found.push(text));
  for (const chunk of chunks) read(chunk);
  return found;
}

describe('createToldReader', () => {
  it('finds refusals and the package’s notices, not the app’s own messages', () => {
    expect(readIn([Buffer.from(stream)])).toEqual(told);
  });

  it('finds the same wherever the stream is cut', () => {
    const bytes = Buffer.from(stream);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
        expect(readIn(chunks)).toEqual(told);
      }),
    );
  });

  it('passes over events that are too large to be a message, and continues after them', () => {
    const large = event({
      msg: 'process_completed',
      success: true,
      output: { x: 'y'.repeat(300_000) },
    });
    const bytes = Buffer.from(large + refused);
    const chunks = [];
    for (let i = 0; i < bytes.length; i += 10_000) chunks.push(bytes.subarray(i, i + 10_000));
    expect(readIn(chunks)).toEqual(told.slice(1));
  });

  it('survives anything', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        expect(readIn(chunks)).toEqual([]);
      }),
    );
  });

  it('names a plain error without a title', () => {
    const plain = event({ msg: 'process_completed', success: false, output: { error: 'boom' } });
    expect(readIn([Buffer.from(plain)])).toEqual(['boom']);
  });
});
