/** The flags of `zerogpu simulate`, read and checked. Pure. */
import { UserError } from '../shared/errors.js';
import { type Goal, type Metric, parseGoal, parseMetric } from './goal.js';
import { DEFAULT_MOST_REPLICATIONS } from './replicate.js';

/** What commander hands over. */
export interface RawSimulateOptions {
  readonly from?: string;
  readonly gpus?: string;
  readonly platform?: string;
  readonly compare?: string;
  readonly find?: string;
  readonly vary?: string;
  readonly sensitivity?: boolean;
  readonly metric?: string;
  readonly goal?: string;
  readonly seed: string;
  readonly replications: string;
  readonly precision?: string;
  readonly json?: boolean;
  readonly output?: string;
  readonly save?: string;
  readonly example?: boolean;
  readonly color: string;
  readonly ascii?: boolean;
}

export interface SimulateOptions {
  readonly file: string | null;
  readonly recording: string | null;
  readonly gpus: number | null;
  readonly platform: string | null;
  readonly compareWith: string | null;
  readonly find: Goal | null;
  readonly vary: string | null;
  readonly sensitivity: boolean;
  readonly metric: Metric;
  readonly goal: Goal | null;
  readonly seed: number;
  readonly replications: number;
  readonly precision: number | null;
  readonly mostReplications: number;
  readonly json: boolean;
  /** An .svg or .html file. */
  readonly output: string | null;
  /** Where a workload that was fitted to a recording is written. */
  readonly save: string | null;
  readonly color: 'auto' | 'always' | 'never';
  readonly ascii: boolean;
}

/** @throws UserError E_USAGE */
export function parseSimulateOptions(
  file: string | undefined,
  raw: RawSimulateOptions,
): SimulateOptions {
  const options: SimulateOptions = {
    file: file ?? null,
    recording: raw.from ?? null,
    gpus: raw.gpus === undefined ? null : whole(raw.gpus, '--gpus', 1, 100_000),
    platform: raw.platform ?? null,
    compareWith: raw.compare ?? null,
    find: raw.find === undefined ? null : parseGoal(raw.find, '--find'),
    vary: raw.vary ?? null,
    sensitivity: raw.sensitivity ?? false,
    metric: parseMetric(raw.metric ?? 'p95 wait', '--metric'),
    goal: raw.goal === undefined ? null : parseGoal(raw.goal, '--goal'),
    seed: whole(raw.seed, '--seed', 0, 2 ** 32 - 1),
    replications: whole(raw.replications, '--replications', 1, 10_000),
    precision: raw.precision === undefined ? null : percent(raw.precision, '--precision'),
    mostReplications: DEFAULT_MOST_REPLICATIONS,
    json: raw.json ?? false,
    output: raw.output ?? null,
    save: raw.save ?? null,
    color: colour(raw.color),
    ascii: raw.ascii ?? false,
  };
  demandOneInput(options);
  demandOneQuestion(options);
  return options;
}

function demandOneInput({ file, recording, save }: SimulateOptions): void {
  if (file !== null && recording !== null) {
    throw new UserError('E_USAGE', 'a workload file and --from are both given', {
      why: 'A simulation has one workload: a file, or a recording that one is fitted to.',
      fix: `zerogpu simulate ${file}`,
    });
  }
  if (file === null && recording === null) {
    throw new UserError('E_USAGE', 'no workload is given', {
      why: 'A workload is a YAML or JSON file, or a recording of `zerogpu run --events FILE`.',
      fix: [
        'zerogpu simulate --example > workload.yaml',
        'zerogpu simulate workload.yaml',
        'zerogpu simulate --from events.ndjson',
      ],
    });
  }
  if (save !== null && recording === null) {
    throw new UserError('E_USAGE', '--save needs --from', {
      why: 'It writes the workload that was fitted to a recording.',
      fix: 'zerogpu simulate --from events.ndjson --save workload.yaml',
    });
  }
}

function demandOneQuestion(options: SimulateOptions): void {
  const { find, vary, compareWith, sensitivity } = options;
  const asked = [find && '--find', compareWith && '--compare', sensitivity && '--sensitivity'];
  const given = asked.filter((flag) => typeof flag === 'string');
  if (given.length > 1) {
    throw new UserError('E_USAGE', `${given.join(' and ')} are given together`, {
      why: 'Each is a question of its own.',
      fix: `zerogpu simulate workload.yaml ${given[0]}`,
    });
  }
  if ((find === null) === (vary === null)) return;
  throw new UserError('E_USAGE', find ? '--find needs --vary' : '--vary needs --find', {
    why: '--find says what to reach, --vary which settings may change.',
    fix: 'zerogpu simulate workload.yaml --find "p95 wait < 10s" --vary gpus=1..64',
  });
}

function whole(text: string, flag: string, lowest: number, highest: number): number {
  const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (number >= lowest && number <= highest) return number;
  throw new UserError('E_USAGE', `${flag} is "${text}", which is not a whole number in range`, {
    why: `It must be from ${lowest} to ${highest}.`,
    fix: `${flag} ${lowest}`,
  });
}

function percent(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  const share = match ? Number(match[1]) / 100 : Number.NaN;
  if (share > 0 && share < 1) return share;
  throw new UserError('E_USAGE', `${flag} is "${text}", which is not a percentage`, {
    why: 'It is half the width of the 95 % interval, relative to the figure: 5%.',
    fix: `${flag} 5%`,
  });
}

function colour(text: string): 'auto' | 'always' | 'never' {
  if (text === 'auto' || text === 'always' || text === 'never') return text;
  throw new UserError('E_USAGE', `--color is "${text}"`, {
    why: 'It is auto, always or never.',
    fix: '--color auto',
  });
}
