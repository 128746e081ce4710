export type { OpenConsole } from './open-console.js';
export { startConsole } from './start-console.js';
export { type TeedWords, teeWords } from './words.js';
