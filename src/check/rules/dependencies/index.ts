import type { Rule } from '../../rule.js';

/** `ZG2xx`: requirements.txt and its kin. */
export const dependencyRules: readonly Rule[] = [];
