import type { Rule } from '../rule.js';
import { codeRules } from './code/index.js';
import { dependencyRules } from './dependencies/index.js';
import { hubRules } from './hub/index.js';
import { metadataRules } from './metadata/index.js';
import { unusedIgnore } from './zg100-unused-ignore.js';

/** Every rule there is, by id. Adding one is adding a file and a line in its folder's index. */
export const rules: readonly Rule[] = [
  unusedIgnore,
  ...metadataRules,
  ...dependencyRules,
  ...codeRules,
  ...hubRules,
];
