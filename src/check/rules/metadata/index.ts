import type { Rule } from '../../rule.js';
import { readmeFrontMatter } from './zg101-readme-front-matter.js';
import { sdkNotGradio } from './zg102-sdk-not-gradio.js';
import { appFileMissing } from './zg103-app-file-missing.js';
import { sdkVersionUnsupported } from './zg104-sdk-version-unsupported.js';
import { sdkVersionMismatch } from './zg105-sdk-version-mismatch.js';
import { pythonVersionUnsupported } from './zg106-python-version-unsupported.js';
import { versionUnquoted } from './zg107-version-unquoted.js';
import { suggestedHardware } from './zg108-suggested-hardware.js';
import { frontMatterInvalid } from './zg109-front-matter-invalid.js';
import { pythonVersionMissing } from './zg110-python-version-missing.js';
import { hardwareKeyIgnored } from './zg111-hardware-key-ignored.js';
import { misnamedFile } from './zg113-misnamed-file.js';
import { hostingLimit } from './zg114-hosting-limit.js';
import { fileUnreadable } from './zg115-file-unreadable.js';
import { frontMatterDuplicate } from './zg116-front-matter-duplicate.js';

/** `ZG1xx`: README front matter and the files around it. */
export const metadataRules: readonly Rule[] = [
  readmeFrontMatter,
  sdkNotGradio,
  appFileMissing,
  sdkVersionUnsupported,
  sdkVersionMismatch,
  pythonVersionUnsupported,
  versionUnquoted,
  suggestedHardware,
  frontMatterInvalid,
  pythonVersionMissing,
  hardwareKeyIgnored,
  misnamedFile,
  hostingLimit,
  fileUnreadable,
  frontMatterDuplicate,
];
