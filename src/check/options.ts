import { didYouMean } from '../shared/did-you-mean.js';
import { UserError } from '../shared/errors.js';
import { FORMATS, type Format } from './formats.js';
import type { Hosting } from './rule.js';

/** What commander hands over: text as the user wrote it; undefined where nothing was said. */
export interface RawCheckOptions {
  readonly platform?: string;
  readonly format?: string;
  readonly output?: string;
  readonly fix?: boolean;
  readonly diff?: boolean;
  readonly unsafeFixes?: boolean;
  readonly addIgnore?: boolean;
  readonly resolve?: boolean;
  readonly estimate?: boolean;
  readonly statistics?: boolean;
  readonly baseline?: string;
  readonly select?: string;
  readonly ignore?: string;
  readonly strict?: boolean;
  readonly maxWarnings?: string;
  readonly owner?: string;
  readonly hosted?: string;
  readonly watch?: boolean;
  readonly cache?: boolean;
  readonly json?: boolean;
  readonly ascii?: boolean;
  readonly color?: string;
}

/** One `zerogpu check`, every value read; null and [] where the Space's own zerogpu.json may decide. */
export interface CheckOptions {
  readonly platform: string | null;
  readonly format: Format | null;
  readonly output: string | null;
  readonly fix: boolean;
  readonly diff: boolean;
  readonly unsafeFixes: boolean;
  readonly addIgnore: boolean;
  readonly resolve: boolean;
  /** Whether the Space is run without its weights. */
  readonly estimate: boolean;
  readonly statistics: boolean;
  readonly baseline: string | null;
  readonly select: readonly string[];
  readonly ignore: readonly string[];
  readonly strict: boolean | null;
  readonly maxWarnings: number | null;
  readonly owner: Hosting['owner'] | null;
  readonly hosted: number | null;
  readonly watch: boolean;
  readonly ascii: boolean;
  readonly color: 'auto' | 'always' | 'never';
}

/**
 * Reads the flags.
 *
 * @throws UserError E_USAGE
 */
export function parseCheckOptions(raw: RawCheckOptions): CheckOptions {
  const format = raw.format === undefined ? null : oneOf('--format', raw.format, FORMATS);
  if (raw.json && format !== null && format !== 'json') {
    throw new UserError('E_USAGE', `--json and --format ${format} contradict each other`, {
      fix: '--json   or   --format json',
    });
  }
  const owner = raw.owner === undefined ? null : oneOf('--owner', raw.owner, ['personal', 'org']);
  const hosted = raw.hosted === undefined ? null : count('--hosted', raw.hosted);
  if (raw.unsafeFixes && !raw.fix && !raw.diff) {
    throw new UserError('E_USAGE', '--unsafe-fixes needs --fix or --diff', {
      why: 'It says which fixes these make.',
      fix: 'zerogpu check --diff --unsafe-fixes',
    });
  }
  const isStatistics = raw.statistics && format !== null && format !== 'text';
  if (isStatistics && format !== 'json') {
    throw new UserError('E_USAGE', `--statistics can't be written as ${format}`, {
      why: 'It counts the findings of each rule, as text or as JSON.',
      fix: 'zerogpu check --statistics',
    });
  }
  if (raw.estimate && raw.watch) {
    throw new UserError('E_USAGE', '--watch can not be combined with --estimate', {
      why: 'An estimate starts the Space, which takes longer than the time between two changes.',
      fix: 'zerogpu check --estimate',
    });
  }
  if (raw.watch && (raw.output || raw.fix || raw.diff || raw.addIgnore)) {
    throw new UserError(
      'E_USAGE',
      '--watch can not be combined with --output, --fix, --diff or --add-ignore',
      {
        why: 'It prints the report again at each change of a file.',
        fix: 'zerogpu check --watch',
      },
    );
  }
  return {
    platform: raw.platform ?? null,
    format: raw.json ? 'json' : format,
    output: raw.output ?? null,
    fix: raw.fix ?? false,
    diff: raw.diff ?? false,
    unsafeFixes: raw.unsafeFixes ?? false,
    addIgnore: raw.addIgnore ?? false,
    resolve: raw.resolve ?? false,
    estimate: raw.estimate ?? false,
    statistics: raw.statistics ?? false,
    baseline: raw.baseline ?? null,
    select: words(raw.select),
    ignore: words(raw.ignore),
    strict: raw.strict ?? null,
    maxWarnings: raw.maxWarnings === undefined ? null : count('--max-warnings', raw.maxWarnings),
    owner,
    hosted,
    watch: raw.watch ?? false,
    ascii: raw.ascii ?? false,
    color:
      raw.color === undefined ? 'auto' : oneOf('--color', raw.color, ['auto', 'always', 'never']),
  };
}

function words(list: string | undefined): readonly string[] {
  return (list ?? '').split(/[\s,]+/).filter((word) => word !== '');
}

function oneOf<T extends string>(flag: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value.trim().toLowerCase());
  if (found !== undefined) return found;
  const meant = didYouMean(value, known);
  throw new UserError('E_USAGE', `${flag} is "${value}", which it does not know`, {
    why: `It takes ${known.join(', ')}.${meant ? ` Did you mean ${meant}?` : ''}`,
    fix: `${flag} ${meant ?? known[0]}`,
  });
}

function count(flag: string, value: string): number {
  if (/^\d{1,9}$/.test(value.trim())) return Number(value);
  throw new UserError('E_USAGE', `${flag} is "${value}", which is not a whole number from 0`, {
    fix: `${flag} 0`,
  });
}
