export { fixSpace, showFixes } from './fix-space.js';
