import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { playScenario } from '../support/allocator/scenario.js';

const FOLDER = new URL('./scenarios/', import.meta.url);
const isRewrite = process.env.ZEROGPU_REWRITE === '1';

describe('allocator scenarios', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

  it('are there', () => {
    expect(files.length).toBeGreaterThan(5);
  });

  it.each(files)('%s', (name) => {
    const file = new URL(name, FOLDER);
    const text = readFileSync(file, 'utf8');
    const played = playScenario(text);
    if (isRewrite) writeFileSync(file, played);
    else expect(played).toBe(text);
  });

  it('name a verb that they do not know', () => {
    expect(() => playScenario('dance call=1\n')).toThrow(
      '"dance" is no verb; expected one of pool',
    );
  });
});
