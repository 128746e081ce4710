import { EXIT, signalExitCode } from '../shared/errors.js';
import { type AppExit, howEnded } from './app/index.js';

/** Why a run ended that had served. */
export type Ending =
  | { readonly kind: 'interrupted'; readonly signal: string }
  | { readonly kind: 'time-over' }
  | { readonly kind: 'app-ended'; readonly exit: AppExit }
  | { readonly kind: 'command-ended'; readonly code: number };

/**
 * The exit code of a run. One whose command was cut short never ends with 0: a script would go on as if
 * the tests had passed.
 *
 * @param commandCode how the command after `--` ended when it was stopped with the run; null without one
 */
export function exitCodeOf(ending: Ending, commandCode: number | null): number {
  switch (ending.kind) {
    case 'command-ended':
      return ending.code;
    case 'app-ended':
      return ending.exit.code === 0 && commandCode === null ? EXIT.ok : EXIT.failed;
    case 'interrupted':
      if (commandCode === null) return EXIT.ok;
      return commandCode || signalExitCode(ending.signal);
    case 'time-over':
      return commandCode === null ? EXIT.ok : commandCode || EXIT.failed;
  }
}

/** What ended it, for the last line of the log. */
export function endingText(ending: Ending): string {
  switch (ending.kind) {
    case 'interrupted':
      return ending.signal;
    case 'time-over':
      return 'the time of --for is over';
    case 'app-ended':
      return `the app ended with ${howEnded(ending.exit)}`;
    case 'command-ended':
      return `the command ended with code ${ending.code}`;
  }
}

/** The signal that a command gets when its run ends before it. */
export function signalForCommand(ending: Ending): NodeJS.Signals {
  return ending.kind === 'interrupted' ? (ending.signal as NodeJS.Signals) : 'SIGTERM';
}
