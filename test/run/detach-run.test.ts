import { expect, it } from 'vitest';
import { nextCommands } from '../../src/run/detach-run.js';

it('the commands after --detach name the run outside its folder', () => {
  expect(nextCommands(null)).toBe('zerogpu logs -f, zerogpu call, zerogpu stop');
  const url = 'http://127.0.0.1:7860';
  expect(nextCommands(url)).toBe(
    `zerogpu logs -f ${url}, zerogpu call --space ${url}, zerogpu stop ${url}`,
  );
});
