import type { Rule } from '../../rule.js';
import { notOnZeroGpu } from './zg501-not-on-zerogpu.js';
import { stageOnHub } from './zg502-stage-on-hub.js';
import { settingMissing } from './zg503-setting-missing.js';

/** `ZG5xx`: what only the Hub knows of a Space; asked of `hf:OWNER/NAME` alone. */
export const hubRules: readonly Rule[] = [notOnZeroGpu, stageOnHub, settingMissing];
