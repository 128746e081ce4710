/**
 * Lines that every app prints under ZeroGPU mode and that tell its author nothing, or the wrong
 * thing. Only the console for people leaves them out; `--log-format json` has every line.
 */
const NOISE: readonly RegExp[] = [
  // Printed at every call, whatever the log level (spaces 0.51, utils.py).
  /^SPACES_ZERO_GPU_DEBUG /,
  // No NVIDIA driver is the point of an emulated GPU (spaces 0.51, zero/config.py).
  /Error while reading infos from Nvidia driver FS/,
  // The app's own address goes past the gateway, so past visitors and quotas.
  /^(\* )?Running on local URL: /,
  /^(\* )?To create a public link, set `share=True` in `launch\(\)`\.$/,
  /^$/,
];

/** Whether the console for people leaves out this line of the app's output. */
export function isAppNoise(line: string): boolean {
  return NOISE.some((pattern) => pattern.test(line.trimEnd()));
}
