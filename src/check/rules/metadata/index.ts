import type { Rule } from '../../rule.js';
import { readmeFrontMatter } from './zg101-readme-front-matter.js';
import { sdkNotGradio } from './zg102-sdk-not-gradio.js';

/** `ZG1xx`: README front matter and the files around it. */
export const metadataRules: readonly Rule[] = [readmeFrontMatter, sdkNotGradio];
