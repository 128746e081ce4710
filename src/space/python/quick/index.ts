export { parseQuickly, type QuicklyParsed } from './read-quickly.js';
export { noteInterest } from './words.js';
