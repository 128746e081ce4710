/** `gpus=1..64,duration=10..60`: which settings of a workload a search may change, and how. Pure. */
import { UserError } from '../shared/errors.js';
import { scaled } from './distribution.js';
import { type Workload, workloadSchema } from './workload.js';

export interface Variable {
  readonly name: string;
  /** Values to try, ascending. */
  readonly values: readonly number[];
}

/** Most combinations that a search accepts: each is at least one simulated day. */
const MOST_VALUES = 10_000;

interface Setting {
  readonly help: string;
  readonly isWhole: boolean;
  set(workload: Workload, value: number): Workload;
}

/** What may vary. `duration` and `real` take every function, `NAME.duration` those of one name. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  gpus: {
    help: 'GPUs of a host',
    isWhole: true,
    set: (workload, gpus) => ({ ...workload, gpus }),
  },
  hosts: {
    help: 'GPU hosts',
    isWhole: true,
    set: (workload, hosts) => ({ ...workload, hosts }),
  },
  slices: {
    help: 'slices of a GPU',
    isWhole: true,
    set: (workload, slices) => ({ ...workload, slices }),
  },
  duration: {
    help: 'declared seconds of every function',
    isWhole: false,
    set: (workload, seconds) => withFunctions(workload, () => ({ declared: seconds })),
  },
  real: {
    help: 'real seconds of every function, times this',
    isWhole: false,
    set: (workload, factor) =>
      withFunctions(workload, (fn) => ({
        real: scaled(fn.real, factor),
        cold: scaled(fn.cold, factor),
      })),
  },
  visitors: {
    help: 'visits of every tier, times this',
    isWhole: false,
    set: (workload, factor) => withVisitors(workload, () => factor),
  },
  ageing: {
    help: 'seconds of waiting that lift a waiter by one tier',
    isWhole: false,
    set: (workload, ageing) => ({ ...workload, policy: { ...workload.policy, ageing } }),
  },
  queue_timeout: {
    help: 'seconds after which a waiting call fails',
    isWhole: false,
    set: (workload, queue_timeout) => ({
      ...workload,
      policy: { ...workload.policy, queue_timeout },
    }),
  },
};

/** One line a setting, for help texts. */
export const variableHelp: readonly string[] = [
  ...Object.entries(SETTINGS).map(([name, { help }]) => `${name}: ${help}`),
  'TIER.visitors: visits of one tier, times this',
  'FUNCTION.duration: declared seconds of one function',
];

/** @throws UserError E_USAGE for a name that is not a setting of this workload, or an empty range */
export function parseVariables(text: string, workload: Workload): readonly Variable[] {
  const variables = text.split(',').map((part) => parseVariable(part.trim(), workload));
  const combinations = variables.reduce((product, { values }) => product * values.length, 1);
  if (combinations > MOST_VALUES) {
    throw new UserError('E_USAGE', `--vary has ${combinations} combinations`, {
      why: `At most ${MOST_VALUES} are simulated.`,
      fix: '--vary gpus=1..64:4',
    });
  }
  return variables;
}

function parseVariable(text: string, workload: Workload): Variable {
  const range = readRange(text);
  if (!range) throw wrongVariable(text);
  const { name, values } = range;
  const setting = settingOf(name, workload);
  if (!setting) throw wrongVariable(text);
  if (setting.isWhole && values.some((value) => !Number.isInteger(value) || value < 1)) {
    throw wrongVariable(text);
  }
  return { name, values };
}

/** `gpus=8`, `gpus=1..64`, `duration=10..60:5`: from, to and step. */
function readRange(text: string): Variable | null {
  const [name = '', range = ''] = text.split('=', 2);
  const [ends = '', stepText] = range.split(':', 2);
  const [fromText = '', toText = fromText] = ends.split('..', 2);
  const [from, to, step] = [Number(fromText), Number(toText), Number(stepText ?? 1)];
  const isGood = [from, to, step].every((n) => Number.isFinite(n) && n > 0) && to >= from;
  if (name === '' || fromText === '' || toText === '' || !isGood) return null;
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  if (count > MOST_VALUES) return null;
  return { name, values: Array.from({ length: count }, (_, index) => from + index * step) };
}

function wrongVariable(text: string): UserError {
  return new UserError('E_USAGE', `--vary has "${text}", which is not a setting with values`, {
    why: `A setting is written gpus=1..64 or duration=10..60:5 (from, to, step). ${variableHelp.join('; ')}.`,
    fix: '--vary gpus=1..64',
  });
}

function settingOf(name: string, workload: Workload): Setting | null {
  const plain = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
  if (plain) return plain;
  const [what = '', which] = [name.slice(0, name.lastIndexOf('.')), name.split('.').at(-1)];
  if (which === 'visitors' && Object.hasOwn(workload.visitors, what)) {
    return {
      help: '',
      isWhole: false,
      set: (given, factor) => withVisitors(given, (tier) => (tier === what ? factor : 1)),
    };
  }
  const isKnown = Object.values(workload.spaces).some(({ functions }) =>
    Object.hasOwn(functions, what),
  );
  if (which !== 'duration' || !isKnown) return null;
  return {
    help: '',
    isWhole: false,
    set: (given, seconds) =>
      withFunctions(given, (_fn, fnName) => (fnName === what ? { declared: seconds } : {})),
  };
}

/** The workload with one setting changed. The name must have been parsed. */
export function withValue(workload: Workload, name: string, value: number): Workload {
  const changed = settingOf(name, workload)?.set(workload, value) ?? workload;
  // A value out of the schema's range is caught here, with the schema's words.
  return workloadSchema.parse(changed);
}

type FunctionLoad = Workload['spaces'][string]['functions'][string];

function withFunctions(
  workload: Workload,
  change: (fn: FunctionLoad, name: string) => Partial<FunctionLoad>,
): Workload {
  const spaces = Object.entries(workload.spaces).map(([space, load]) => {
    const functions = Object.entries(load.functions).map(
      ([name, fn]) => [name, { ...fn, ...change(fn, name) }] as const,
    );
    return [space, { ...load, functions: Object.fromEntries(functions) }] as const;
  });
  return { ...workload, spaces: Object.fromEntries(spaces) };
}

function withVisitors(workload: Workload, factorOf: (tier: string) => number): Workload {
  const visitors = Object.entries(workload.visitors).map(
    ([tier, load]) => [tier, { ...load, per_day: load.per_day * factorOf(tier) }] as const,
  );
  return { ...workload, visitors: Object.fromEntries(visitors) };
}
