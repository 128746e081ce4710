import type { Rule } from '../../rule.js';
import { pipAtRuntime } from './zg218-pip-at-runtime.js';
import { noGpuFunction } from './zg301-no-gpu-function.js';
import { gpuFunctionUnreachable } from './zg302-gpu-function-unreachable.js';
import { spacesImportLate } from './zg303-spaces-import-late.js';
import { cudaOutsideGpuFunction } from './zg304-cuda-outside-gpu-function.js';
import { torchCompile } from './zg305-torch-compile.js';
import { aotiNeedsTorch28 } from './zg306-aoti-needs-torch-2-8.js';
import { asyncGpuFunction } from './zg307-async-gpu-function.js';
import { durationSignature } from './zg308-duration-signature.js';
import { durationIllegal } from './zg309-duration-illegal.js';
import { durationWrapsADay } from './zg310-duration-wraps-a-day.js';
import { durationNotPositive } from './zg311-duration-not-positive.js';
import { forkPoisoned } from './zg312-fork-poisoned.js';
import { allocConfLate } from './zg313-alloc-conf-late.js';
import { importFallbackStub } from './zg314-import-fallback-stub.js';
import { lazyModel } from './zg315-lazy-model.js';
import { gpuCallInLoop } from './zg316-gpu-call-in-loop.js';
import { fixedOutputPath } from './zg317-fixed-output-path.js';
import { mutableGlobal } from './zg318-mutable-global.js';
import { gpuSelectdata } from './zg319-gpu-selectdata.js';
import { examplesEager } from './zg321-examples-eager.js';
import { flashAttention3OnBlackwell } from './zg322-flash-attention-3-on-blackwell.js';
import { torchLoadWeightsOnly } from './zg323-torch-load-weights-only.js';
import { gpuReturnsCuda } from './zg324-gpu-returns-cuda.js';
import { gpuUnpicklable } from './zg325-gpu-unpicklable.js';
import { gpuSelfHoldsCuda } from './zg326-gpu-self-holds-cuda.js';
import { gpuGlobalWrite } from './zg327-gpu-global-write.js';
import { gpuModelLoad } from './zg328-gpu-model-load.js';
import { gpuThreadEscapes } from './zg329-gpu-thread-escapes.js';
import { multiprocessingInGpu } from './zg330-multiprocessing-in-gpu.js';
import { deviceIndex } from './zg331-device-index.js';
import { deviceMapAuto } from './zg332-device-map-auto.js';
import { multiGpuLibs } from './zg333-multi-gpu-libs.js';
import { enableQueueIgnored } from './zg334-enable-queue-ignored.js';
import { unknownGpuKeyword } from './zg335-unknown-gpu-keyword.js';
import { sizeUnknown } from './zg336-size-unknown.js';
import { sizeNotOnProfile } from './zg337-size-not-on-profile.js';
import { decoratorOrder } from './zg338-decorator-order.js';
import { importFallbackSwallows } from './zg339-import-fallback-swallows.js';
import { shareTrue } from './zg340-share-true.js';
import { serverPortFixed } from './zg341-server-port-fixed.js';
import { queueDisabled } from './zg342-queue-disabled.js';
import { examplesCache } from './zg343-examples-cache.js';
import { syntaxError } from './zg344-syntax-error.js';
import { cudaInMainProcess } from './zg345-cuda-in-main-process.js';
import { noStartupReport } from './zg346-no-startup-report.js';
import { gpuUnpicklableArgument } from './zg347-gpu-unpicklable-argument.js';
import { modelAsArgument } from './zg348-model-as-argument.js';
import { gpuStateSplit } from './zg349-gpu-state-split.js';
import { warmWorkerStale } from './zg350-warm-worker-stale.js';
import { extensionAtStart } from './zg351-extension-at-start.js';
import { gpuOnPageLoad } from './zg352-gpu-on-page-load.js';
import { durationType } from './zg353-duration-type.js';
import { gpuMoveInside } from './zg354-gpu-move-inside.js';
import { gpuSelfWrite } from './zg355-gpu-self-write.js';
import { cpuOffload } from './zg356-cpu-offload.js';
import { gradioRemoved } from './zg357-gradio-removed.js';
import { exampleMissing } from './zg358-example-missing.js';
import { tokenInCode } from './zg359-token-in-code.js';
import { ownModuleNotFound } from './zg360-own-module-not-found.js';
import { spacesNameUnknown } from './zg361-spaces-name-unknown.js';
import { fileMissing } from './zg362-file-missing.js';
import { durationDefault } from './zg401-duration-default.js';
import { gpuSleepOrIo } from './zg402-gpu-sleep-or-io.js';
import { gpuCallPerStep } from './zg403-gpu-call-per-step.js';
import { concurrency } from './zg404-concurrency.js';
import { apiTokenForward } from './zg405-api-token-forward.js';
import { weightsPacked } from './zg406-packed-weights.js';
import { durationMeasured } from './zg407-duration-measured.js';
import { estimateTooLarge } from './zg408-does-not-fit.js';
import { durationEstimated } from './zg409-duration-estimated.js';

/** `ZG3xx` and `ZG4xx`: what the Python files do; and ZG218, which reads them too. */
export const codeRules: readonly Rule[] = [
  pipAtRuntime,
  noGpuFunction,
  gpuFunctionUnreachable,
  spacesImportLate,
  cudaOutsideGpuFunction,
  torchCompile,
  aotiNeedsTorch28,
  asyncGpuFunction,
  durationSignature,
  durationIllegal,
  durationWrapsADay,
  durationNotPositive,
  forkPoisoned,
  allocConfLate,
  importFallbackStub,
  lazyModel,
  gpuCallInLoop,
  fixedOutputPath,
  mutableGlobal,
  gpuSelectdata,
  examplesEager,
  flashAttention3OnBlackwell,
  torchLoadWeightsOnly,
  gpuReturnsCuda,
  gpuUnpicklable,
  gpuSelfHoldsCuda,
  gpuGlobalWrite,
  gpuModelLoad,
  gpuThreadEscapes,
  multiprocessingInGpu,
  deviceIndex,
  deviceMapAuto,
  multiGpuLibs,
  enableQueueIgnored,
  unknownGpuKeyword,
  sizeUnknown,
  sizeNotOnProfile,
  decoratorOrder,
  importFallbackSwallows,
  shareTrue,
  serverPortFixed,
  queueDisabled,
  examplesCache,
  syntaxError,
  cudaInMainProcess,
  noStartupReport,
  gpuUnpicklableArgument,
  modelAsArgument,
  gpuStateSplit,
  warmWorkerStale,
  extensionAtStart,
  gpuOnPageLoad,
  durationType,
  gpuMoveInside,
  gpuSelfWrite,
  cpuOffload,
  gradioRemoved,
  exampleMissing,
  tokenInCode,
  ownModuleNotFound,
  spacesNameUnknown,
  fileMissing,
  durationDefault,
  gpuSleepOrIo,
  gpuCallPerStep,
  concurrency,
  apiTokenForward,
  weightsPacked,
  durationMeasured,
  estimateTooLarge,
  durationEstimated,
];
