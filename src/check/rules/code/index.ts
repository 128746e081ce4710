import type { Rule } from '../../rule.js';

/** `ZG3xx` and `ZG4xx`: what the Python files do. */
export const codeRules: readonly Rule[] = [];
