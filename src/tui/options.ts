import { parseDuration } from '../shared/duration.js';
import { UserError } from '../shared/errors.js';

/** What commander hands over. */
export interface RawQuotaOptions {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly format?: string;
  readonly watch?: string;
  readonly rate?: string;
  readonly ascii?: boolean;
  readonly color?: string;
  readonly stateDir?: string;
  readonly account?: boolean;
  /** Address of a cluster's store; true for that of ZEROGPU_CLUSTER. */
  readonly cluster?: string | true;
}

/** One `zerogpu quota`, every value checked. */
export interface QuotaOptions {
  readonly mode: 'live' | 'table' | 'json' | 'agent' | 'stream';
  /** Seconds between two frames or two objects; null for the view's own. */
  readonly everySeconds: number | null;
  readonly ascii: boolean;
  readonly color: 'auto' | 'always' | 'never';
  readonly stateDir: string | null;
}

const FASTEST_SECONDS = 0.1;
const SLOWEST_SECONDS = 3_600;

/**
 * @param isTerminal both ends: keys come from one, frames go to the other
 * @param forAgent whether a coding agent reads it, where nothing is asked for
 * @throws UserError E_USAGE
 */
export function parseQuotaOptions(
  raw: RawQuotaOptions,
  isTerminal: boolean,
  forAgent = false,
): QuotaOptions {
  const color = (['auto', 'always', 'never'] as const).find((one) => one === (raw.color ?? 'auto'));
  if (!color) {
    throw new UserError(
      'E_USAGE',
      `--color is "${raw.color}"; expected one of auto, always, never`,
      { fix: '--color auto' },
    );
  }
  if (raw.watch !== undefined && raw.once) {
    throw new UserError('E_USAGE', '--watch and --once exclude each other', {
      why: '--once ends after one table, --watch keeps running.',
      fix: 'zerogpu quota --watch 2',
    });
  }
  const every = raw.watch ?? raw.rate;
  return {
    mode: modeOf(raw, isTerminal, forAgent),
    everySeconds:
      every === undefined ? null : seconds(every, raw.watch === undefined ? '--rate' : '--watch'),
    ascii: raw.ascii ?? false,
    color,
    stateDir: raw.stateDir ?? null,
  };
}

const FORMATS = ['table', 'json', 'agent'] as const;

function modeOf(
  raw: RawQuotaOptions,
  isTerminal: boolean,
  forAgent: boolean,
): QuotaOptions['mode'] {
  const { format } = raw;
  const known = FORMATS.find((one) => one === format);
  if (format !== undefined && known === undefined) {
    throw new UserError('E_USAGE', `--format is "${format}", which it does not know`, {
      why: `It takes ${FORMATS.join(', ')}.`,
      fix: '--format table',
    });
  }
  if (raw.watch !== undefined) return 'stream';
  if (raw.json) return 'json';
  if (known !== undefined) return known;
  if (raw.once) return 'table';
  if (forAgent) return 'agent';
  return isTerminal ? 'live' : 'table';
}

function seconds(text: string, flag: string): number {
  const value = parseDuration(text, flag);
  if (value >= FASTEST_SECONDS && value <= SLOWEST_SECONDS) return value;
  throw new UserError('E_USAGE', `${flag} is "${text}", which can't be used`, {
    why: `It takes ${FASTEST_SECONDS} s to ${SLOWEST_SECONDS} s.`,
    fix: `${flag} 2`,
  });
}
