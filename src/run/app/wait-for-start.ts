/** An app has started when it answers HTTP and has reported its start, as on the platform. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../shared/clock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import type { RunOptions } from '../options/index.js';
import { type AppExit, type AppProcess, howEnded } from './app-process.js';
import { answers } from './wait-ready.js';

const LOOK_EVERY_MS = 100;
/** A look at all processes of the app takes milliseconds; one at the given port alone takes a tenth of one. */
const PEEK_EVERY_MS = 10;

/**
 * How long an app that answers where the platform looks may take to report its start. Gradio reports before it
 * listens; an app that starts its server first has this long.
 */
export const REPORT_WITHIN_MS = 10_000;

/** What is known of an app that starts. */
export interface StartSigns {
  /** The port that answers HTTP; null for none yet. */
  readonly port: number | null;
  /** Whether that is the port that the app was given. */
  readonly isGivenPort: boolean;
  /** For how long it has answered there, milliseconds. */
  readonly answeringMs: number;
  readonly reported: boolean;
}

/**
 * Whether the start is over. A port that the app was not given may be a helper's, of an app that is still
 * loading: there the report is waited for until the time-out.
 */
export function judgeStart(signs: StartSigns): 'wait' | 'started' | 'no-gpu-function' {
  if (signs.port === null) return 'wait';
  if (signs.reported) return 'started';
  return signs.isGivenPort && signs.answeringMs >= REPORT_WITHIN_MS ? 'no-gpu-function' : 'wait';
}

/** What the wait asks. */
export interface StartPorts {
  /** Where the app has to listen. */
  readonly givenPort: number;
  /**
   * Ports that processes of the app answer now. Another process may have taken the given one: it would get
   * what visitors send.
   */
  readonly ownPorts: () => readonly number[];
  readonly reported: () => Promise<boolean>;
  /** Whether any process listens at the given port. */
  readonly isOpen: () => boolean;
  /** How many functions are decorated now; null when the app can't be asked. */
  readonly decorated: () => Promise<number | null>;
}

/**
 * Waits until the app has started.
 *
 * @returns the port that answers
 * @throws the signal's reason when the start is interrupted; UserError E_APP_CRASHED, E_APP_SILENT, E_NO_GPU_FUNCTION
 */
export async function waitForStart(
  app: AppProcess,
  ports: StartPorts,
  options: Pick<RunOptions, 'startTimeoutSeconds' | 'allowNoGpuFunction'>,
  interrupted: AbortSignal,
): Promise<number> {
  const over = new AbortController();
  const look = lookUntilStarted(ports, options, AbortSignal.any([interrupted, over.signal]));
  try {
    const first = await Promise.race([look, app.exited.then((exit) => ({ exit }))]);
    if ('exit' in first) throw crashed(first.exit, app.lastLines());
    if ('port' in first) return first.port;
    interrupted.throwIfAborted();
    throw first.answered ? noGpuFunction(await ports.decorated()) : silent(options);
  } finally {
    over.abort();
  }
}

/** @returns `answered`: whether anything answered before the wait was given up */
async function lookUntilStarted(
  ports: StartPorts,
  options: Pick<RunOptions, 'startTimeoutSeconds' | 'allowNoGpuFunction'>,
  signal: AbortSignal,
): Promise<{ readonly port: number } | { readonly answered: boolean }> {
  const now = () => systemClock.now().monotonicMs;
  const giveUpAt = now() + options.startTimeoutSeconds * 1_000;
  let port: number | null = null;
  let since = now();
  while (!signal.aborted && now() < giveUpAt) {
    const answering = await answeringPort(ports, signal);
    if (answering !== port) since = now();
    port = answering;
    const verdict = judgeStart({
      port,
      isGivenPort: port === ports.givenPort,
      answeringMs: now() - since,
      reported: options.allowNoGpuFunction || (port !== null && (await ports.reported())),
    });
    if (verdict === 'started' && port !== null) return { port };
    if (verdict === 'no-gpu-function') break;
    await nextLook(port === null ? ports.isOpen : () => false);
  }
  return { answered: port !== null };
}

/** Waits until the next look is due; sooner when the given port is opened. */
async function nextLook(isOpen: () => boolean): Promise<void> {
  const wasOpen = isOpen();
  for (let waited = 0; waited < LOOK_EVERY_MS; waited += PEEK_EVERY_MS) {
    await sleep(PEEK_EVERY_MS);
    if (!wasOpen && isOpen()) return;
  }
}

/** How many ports Gradio tries from GRADIO_SERVER_PORT on (TRY_NUM_PORTS of gradio 6.31.0, http_server.py, 100 by default). */
const PORTS_TRIED = 100;

/**
 * Whether the code of the app names the port that it listens on. A later one of those that Gradio tries was taken because
 * another process had the given one; on the platform 7860 is free. Pure.
 */
export function isOwnChoice(port: number, given: number): boolean {
  return port < given || port >= given + PORTS_TRIED;
}

async function answeringPort(ports: StartPorts, signal: AbortSignal): Promise<number | null> {
  const own = ports.ownPorts();
  const isGiven = (port: number) => port === ports.givenPort;
  for (const port of [...own.filter(isGiven), ...own.filter((one) => !isGiven(one))]) {
    if (await answers(port, signal)) return port;
  }
  return null;
}

function crashed(exit: AppExit, lastLines: readonly string[]): UserError {
  const last = lastLines.filter((line) => line.trim() !== '').at(-1);
  const missing = /No module named '([\w.]+)'/.exec(last ?? '')?.[1];
  return new UserError('E_APP_CRASHED', `the app ended with ${howEnded(exit)} before it answered`, {
    ...(last === undefined ? {} : { why: last.trim() }),
    fix: missing
      ? `add the package of \`${missing.split('.')[0]}\` to requirements.txt`
      : 'fix the error that the app printed above',
    exitCode: EXIT.failed,
  });
}

function silent({ startTimeoutSeconds }: Pick<RunOptions, 'startTimeoutSeconds'>): UserError {
  return new UserError('E_APP_SILENT', `the app did not answer within ${startTimeoutSeconds} s`, {
    why: 'It runs, but no port of it answers HTTP: does it call demo.launch()?',
    fix: ['zerogpu run --start-timeout 30m   (if it needs longer, e.g. for a download)'],
    exitCode: EXIT.failed,
  });
}

/**
 * The platform's own words: the stage of such a Space is RUNTIME_ERROR, with this message.
 *
 * @param decorated functions that are decorated by now; null when the app can't be asked
 */
function noGpuFunction(decorated: number | null): UserError {
  const why = !decorated
    ? 'The app answers, and no function was decorated with @spaces.GPU when it started.'
    : `${decorated} ${decorated === 1 ? 'function is' : 'functions are'} decorated, but \`spaces\` reports the start in launch(), and the app was started without it.`;
  const fix = decorated
    ? 'call spaces.zero.startup() once before uvicorn.run(), or start the app with demo.launch()'
    : 'decorate a function with @spaces.GPU at the top level of the app';
  return new UserError('E_NO_GPU_FUNCTION', 'No @spaces.GPU function detected during startup', {
    why: `${why} ZeroGPU stops such a Space.`,
    fix: [fix, 'zerogpu run --allow-no-gpu-function   (to serve it all the same)'],
    exitCode: EXIT.failed,
  });
}
