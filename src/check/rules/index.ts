import type { Rule } from '../rule.js';
import { codeRules } from './code/index.js';
import { dependencyRules } from './dependencies/index.js';
import { metadataRules } from './metadata/index.js';

/** Every rule there is, by id. Adding one is adding a file and a line in its folder's index. */
export const rules: readonly Rule[] = [...metadataRules, ...dependencyRules, ...codeRules];
