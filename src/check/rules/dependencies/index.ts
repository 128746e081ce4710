import type { Rule } from '../../rule.js';
import { torchUnsupported } from './zg201-torch-unsupported.js';
import { torchUnpinned } from './zg202-torch-unpinned.js';
import { gradioPinTooOld } from './zg203-gradio-pin-too-old.js';
import { platformPinned } from './zg204-platform-pinned.js';
import { oldGradioClash } from './zg205-old-gradio-clash.js';
import { setuptools81 } from './zg206-setuptools-81.js';
import { torchDowngrader } from './zg207-torch-downgrader.js';
import { torchSidecarDrift } from './zg208-torch-sidecar-drift.js';
import { spacesPinOld } from './zg209-spaces-pin-old.js';
import { spacesWrongPackage } from './zg210-spaces-wrong-package.js';
import { torchPair } from './zg211-torch-pair.js';
import { wheelPythonTag } from './zg212-wheel-python-tag.js';
import { wheelTorchAbi } from './zg213-wheel-torch-abi.js';
import { needsNvcc } from './zg214-needs-nvcc.js';
import { gpuRuntimeOutsideTorch } from './zg215-gpu-runtime-outside-torch.js';
import { invalidRequirement } from './zg216-invalid-requirement.js';
import { duplicateRequirement } from './zg217-duplicate-requirement.js';
import { optionIgnored } from './zg219-option-ignored.js';
import { pyprojectNotInstalled } from './zg220-pyproject-not-installed.js';
import { fileNotAtBuild } from './zg221-file-not-at-build.js';
import { packagesTxt } from './zg222-packages-txt.js';
import { torchCpuBuild } from './zg223-torch-cpu-build.js';
import { setupImportsPip } from './zg224-setup-imports-pip.js';
import { gradioClientClash } from './zg225-gradio-client-clash.js';
import { moduleMissing } from './zg226-module-missing.js';
import { requirementsConflict } from './zg227-requirements-conflict.js';

/** `ZG2xx`: requirements.txt and its kin. */
export const dependencyRules: readonly Rule[] = [
  torchUnsupported,
  torchUnpinned,
  gradioPinTooOld,
  platformPinned,
  oldGradioClash,
  setuptools81,
  torchDowngrader,
  torchSidecarDrift,
  spacesPinOld,
  spacesWrongPackage,
  torchPair,
  wheelPythonTag,
  wheelTorchAbi,
  needsNvcc,
  gpuRuntimeOutsideTorch,
  invalidRequirement,
  duplicateRequirement,
  optionIgnored,
  pyprojectNotInstalled,
  fileNotAtBuild,
  packagesTxt,
  torchCpuBuild,
  setupImportsPip,
  gradioClientClash,
  moduleMissing,
  requirementsConflict,
];
