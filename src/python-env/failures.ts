import { EXIT, UserError } from '../shared/errors.js';
import type { Requirement } from '../space/index.js';

const MOST_LINES = 6;

const NETWORK =
  /NewConnectionError|Temporary failure in name resolution|ConnectTimeout|ReadTimeoutError|dns error|error sending request|Connection refused|ProxyError|Network is unreachable/i;
const DISK = /No space left on device|ENOSPC|os error 28|Disk quota exceeded/i;
const NO_VENV = /ensurepip is not available|No module named '?(venv|ensurepip)/i;

/** Whether an installer failed because its index could not be reached. */
export function isUnreachable(output: string): boolean {
  return NETWORK.test(output);
}

/** What was going on when an installer failed. */
export interface InstallFailure {
  /** Everything that the installer printed. */
  readonly output: string;
  /** The Space's lines, to point at the one that is to blame. */
  readonly requirements: readonly Requirement[];
  /** Where the environment was being made. */
  readonly dir: string;
  /** Where the whole output is kept, or null. */
  readonly logFile: string | null;
  /** Room left on that disk, in bytes. */
  readonly freeBytes: number;
}

/** Less is left than the smallest package needs: some tools fail on a full disk without saying so. */
const FULL_BYTES = 20_000_000;

/**
 * An installer's failure as one error: its own complaint, the line of requirements.txt that it is
 * about, and what to do.
 */
export function installError(failure: InstallFailure): UserError {
  const { output, dir, logFile } = failure;
  const said = complaints(output);
  const log = logFile === null ? '' : `All of the installer's output: ${logFile}`;
  const why = [...said, log].filter(Boolean).join('\n');
  if (DISK.test(output) || failure.freeBytes < FULL_BYTES) {
    return new UserError('E_PYTHON_INSTALL', `the disk is full: no room for packages in ${dir}`, {
      why,
      fix: ['XDG_CACHE_HOME=DIR zerogpu run …   (a folder with more room)'],
      exitCode: EXIT.cannot,
    });
  }
  if (NO_VENV.test(output)) {
    return new UserError('E_PYTHON_INSTALL', 'this Python cannot make virtual environments', {
      why,
      fix: [
        'sudo apt install python3-venv   (Debian and Ubuntu keep it apart)',
        'or: install uv, which brings its own',
      ],
      exitCode: EXIT.cannot,
    });
  }
  if (isUnreachable(output)) return unreachable(why);
  const culprit = culpritOf(output, failure.requirements);
  if (culprit) {
    const isTorch = culprit.name === 'torch' && culprit.pin !== null;
    return new UserError(
      'E_SPACE_REQUIREMENTS',
      `${culprit.file}:${culprit.line}: "${culprit.text}" can't be installed`,
      {
        why,
        fix: [
          `correct line ${culprit.line} of ${culprit.file}`,
          ...(isTorch
            ? ['or: zerogpu run --torch nearest   (on the nearest PyTorch that can be had)']
            : []),
        ],
        exitCode: EXIT.cannot,
      },
    );
  }
  // An index that has no version at all of what we ask for ourselves is none.
  if (/\(from versions: none\)/.test(output)) return unreachable(why);
  return new UserError('E_PYTHON_INSTALL', "the Space's packages can't be installed together", {
    why,
    fix: 'change the versions in requirements.txt, or sdk_version in README.md',
    exitCode: EXIT.cannot,
  });
}

function unreachable(why: string): UserError {
  return new UserError('E_PYTHON_INSTALL', 'the package index could not be reached', {
    why,
    fix: [
      'check the network, and HTTPS_PROXY or PIP_INDEX_URL where you use them',
      'or: zerogpu run --python PATH   (an environment that has gradio and spaces already)',
    ],
    exitCode: EXIT.cannot,
  });
}

/** The lines in which pip or uv say what is wrong, without the repetitions. */
function complaints(output: string): readonly string[] {
  const lines = output.split('\n').map((line) => line.trimEnd());
  const marked = lines.filter((line) => /^\s*(ERROR:|error:|×|╰─▶)/.test(line));
  const chosen = marked.length > 0 ? marked : lines.filter((line) => line.trim() !== '').slice(-3);
  // pip lists every version there ever was.
  const short = chosen.map((line) => line.trim().replace(/\s*\(from versions: .*?\)/, ''));
  return [...new Set(short)].slice(0, MOST_LINES).map((line) => line.slice(0, 240));
}

function culpritOf(output: string, requirements: readonly Requirement[]): Requirement | undefined {
  // uv quotes the line that it cannot read below its complaint.
  const isUnread = output.includes("Couldn't parse requirement in");
  const named = (isUnread ? output : complaints(output).join('\n'))
    .toLowerCase()
    .replaceAll(/[-_.]+/g, '-');
  const mentions = ({ name, text }: Requirement) =>
    named.includes(text.toLowerCase().replaceAll(/[-_.]+/g, '-')) ||
    (name !== null && new RegExp(`(^|[^a-z0-9])${name}($|[^a-z0-9-])`).test(named));
  return requirements.find(mentions);
}
