import { expect, it } from 'vitest';
import { consoleCommand } from '../../../src/run/web/start-console.js';

it.each([
  ['/home/ada/demo', 'zerogpu console --open'],
  ['/home/ada', 'zerogpu console demo --open'],
  ['/home/ada/other', 'zerogpu console /home/ada/demo --open'],
])('the banner in %s names the run: %s', (cwd, command) => {
  expect(consoleCommand('/home/ada/demo', cwd)).toBe(command);
});
