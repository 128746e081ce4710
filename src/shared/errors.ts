/**
 * Errors that a user can act on. Everything else that is thrown is a bug in zerogpu.
 *
 * The codes are a closed set: each has a half-line here and is thrown somewhere.
 */
export const ERROR_CODES = {
  E_USAGE: 'a flag, argument or environment twin has a value that cannot be used',
  E_PLATFORM_UNKNOWN: 'no platform profile of that name',
  E_PLATFORM_INVALID: 'a platform profile does not match its schema',
  E_SPACE_NOT_FOUND: 'the folder of the Space does not exist or is not a folder',
  E_SPACE_FRONT_MATTER: 'README.md has front matter that cannot be read',
  E_SPACE_SDK: 'the Space is not a Gradio Space',
  E_SPACE_APP_FILE: 'the app file does not exist',
  E_SPACE_REQUIREMENTS: 'requirements.txt cannot be installed',
  E_OS_UNSUPPORTED: 'ZeroGPU mode of the spaces package runs on Linux only',
  E_PYTHON_NOT_FOUND: 'no usable Python interpreter',
  E_PYTHON_ENV: 'the Python environment lacks a package that the Space needs',
  E_PYTHON_INSTALL: 'a package could not be installed',
  E_ENV_IN_USE: 'a process runs from the Python environment',
  E_PORT_TAKEN: 'another process listens on the port',
  E_GPU_UNAVAILABLE: 'the chosen GPU backend cannot be used here',
  E_APP_CRASHED: 'the app ended before it answered',
  E_APP_SILENT: 'the app did not answer within the start-up time',
  E_NO_GPU_FUNCTION: 'the app serves, and no GPU function was detected during startup',
  E_RUN_NONE: 'the Space is not running',
  E_RUN_SEVERAL: 'several runs could be meant',
  E_RUN_ENDED: 'the run ended before it was ready',
  E_RUN_WAIT: 'the run is not ready after the time given',
  E_RUN_STUCK: 'the run does not end',
  E_CALL_ENDPOINT: 'the Space has no endpoint of that name',
  E_CALL_ARGUMENT: 'an argument of the call cannot be used',
  E_CALL_UNREACHABLE: 'no Gradio app answers at the address',
  E_CALL_FAILED: 'the function failed, or was killed',
  E_CALL_REFUSED: 'the call got no GPU',
  E_ESTIMATE_FILES: 'files of a model are neither in the cache nor to be had',
  E_ESTIMATE_START: 'the Space did not start without its weights',
  E_ESTIMATE_WRITE: 'a picture or a snapshot of an estimate could not be written',
  E_COMMAND_NOT_FOUND: 'the command after -- could not be started',
  E_CHECK_RULE_UNKNOWN: 'no rule of that id or name',
  E_CHECK_UNREADABLE: 'the folder of the Space cannot be listed',
  E_CHECK_RESOLVE: 'there is no uv to ask about the requirements',
  E_CHECK_OUTPUT: 'the report cannot be written to that file',
  E_CONFIG_INVALID: 'zerogpu.json cannot be read or has a key or value that means nothing',
  E_INIT_EXISTS: 'init would overwrite files that are there',
  E_INIT_WRITE: 'a file of the new Space cannot be written',
  E_CURRENT_FOLDER: 'the current folder was deleted, or may not be entered',
  E_SYSTEM: 'the disk is full or read-only, or the machine has no more open files',
  E_STATE_DIR: 'the state folder cannot be used',
  E_STATE_LOCKED: 'another process writes the ledger of this state folder',
  E_LEDGER_DAMAGED: 'the ledger does not match its own checksums',
  E_LEDGER_NEWER: 'a newer zerogpu has written the ledger',
  E_LEDGER_OLDER: 'the ledger is an older copy, or another one, than was written last',
  E_LEDGER_WRITE: 'the ledger cannot be written any more',
  E_STATE_EXPORT: 'the quotas cannot be written to that file',
  E_STATE_IMPORT: 'the file is not an exported state',
  E_ALLOCATOR_GONE: 'no allocator answers',
  E_ALLOCATOR_REFUSED: 'the allocator did not do what it was asked for',
  E_HOSTING_LIMIT: 'the owner has as many Spaces here as the platform lets them host',
  E_CLUSTER_SIGN_IN: 'the store of the cluster does not take user or password',
  E_CLUSTER_NEWER: 'a newer zerogpu has written the store of the cluster',
  E_CLUSTER_UNREACHABLE: 'the store of the cluster does not answer',
  E_NODE_TAKEN: 'another allocator of the cluster has the name of this node',
  E_NODE_UNKNOWN: 'the cluster has no node of that name',
  E_NODE_DRAINED: 'the node is drained, so that no further Space starts there',
  E_SPACE_ELSEWHERE: 'the Space runs on another node of the cluster',
  E_SPACE_UNPLACED: 'no node of the cluster may take the Space',
  E_HUB_TOKEN: 'the Hub needs a token, or does not take the one it got',
  E_HUB_PERMISSION: 'the token lacks a permission on the Hub',
  E_HUB_NOT_FOUND: 'the Hub does not have what was asked for',
  E_HUB_RATE_LIMITED: 'the Hub takes no more requests for a while',
  E_HUB_OFFLINE: 'the Hub is not asked, since HF_HUB_OFFLINE is set',
  E_HUB_UNREACHABLE: 'the Hub does not answer, or fails',
  E_HUB_ANSWER: 'the Hub answered something that is not as documented',
  E_HUB_TOO_LARGE: 'a Space has more to download than was agreed to',
  E_HUB_CACHE: 'the shared cache of the Hub cannot be written',
  E_MCP_REFUSED:
    'the MCP server was not started for that: another folder, or a flag that is missing',
  E_SIMULATE_INPUT: 'the workload or the recording for a simulation cannot be used',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Exit codes of the command line (design: 0 done, 1 findings or app failed, 2 wrong use, 3 could not work). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  cannot: 3,
  /** `call`: the allocator gave no GPU. */
  refused: 4,
  bug: 70,
  sighup: 129,
  sigint: 130,
  sigquit: 131,
  sigterm: 143,
} as const;

/** The shells' code for a program that a signal has ended. */
export function signalExitCode(signal: unknown): number {
  if (signal === 'SIGTERM') return EXIT.sigterm;
  if (signal === 'SIGQUIT') return EXIT.sigquit;
  return signal === 'SIGHUP' ? EXIT.sighup : EXIT.sigint;
}

export interface UserErrorDetails {
  /** Why it happened, one sentence or a few lines. */
  readonly why?: string;
  /** Lines that can be pasted, or the one thing to do. */
  readonly fix?: string | readonly string[];
  /** Exit code of the process; wrong use by default. */
  readonly exitCode?: number;
  readonly cause?: unknown;
}

/** What happened, with the user's own value in it; why; and what to do. Printed without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: ErrorCode;
  readonly why: string | undefined;
  readonly fix: readonly string[];
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, details: UserErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.why = details.why;
    this.fix = details.fix === undefined ? [] : [details.fix].flat();
    this.exitCode = details.exitCode ?? EXIT.usage;
  }
}
