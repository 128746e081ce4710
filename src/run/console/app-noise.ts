/**
 * Output that every app makes under ZeroGPU mode and that tells its author nothing, or the wrong
 * thing. Only the console for people leaves it out; `--log-format json` has every line.
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

/**
 * A traceback that Gradio 6 leaves when the hot-reload thread of a Space collects an event loop whose
 * socket is closed already. It is harmless.
 */
const LOOP_TRACEBACK = {
  first: /^Exception ignored in: <function BaseEventLoop\.__del__ /,
  inside: /^(Traceback \(most recent call last\):|\s)/,
  last: /^ValueError: Invalid file descriptor: -1$/,
};

/**
 * Passes on the lines that say something.
 *
 * @param write gets each line that is kept, in order
 */
export function createNoiseFilter(write: (line: string) => void): (line: string) => void {
  let held: string[] = [];
  const release = () => {
    for (const line of held) write(line);
    held = [];
  };
  return (line) => {
    const text = line.trimEnd();
    if (held.length > 0 && LOOP_TRACEBACK.last.test(text)) {
      held = [];
      return;
    }
    if (held.length > 0 && LOOP_TRACEBACK.inside.test(text)) {
      held.push(line);
      return;
    }
    // It was another exception after all: that one is shown whole.
    release();
    if (LOOP_TRACEBACK.first.test(text)) held.push(line);
    else if (!NOISE.some((pattern) => pattern.test(text))) write(line);
  };
}
