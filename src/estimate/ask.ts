/** Which calls an estimate makes of a Space that runs: one of each endpoint, a table of values, or a search. */
import { type Endpoint, findEndpoint, type NamedWord } from '../call/arguments.js';
import { UserError } from '../shared/errors.js';
import { ranOut } from './figures.js';
import { learned, nextValue, searchFrom } from './largest.js';
import {
  inSpace,
  type Observed,
  type ObserveWorld,
  type Session,
  type Start,
  wantedMore,
} from './observe.js';
import { chooseValues } from './values.js';
import { combinations, type Variation } from './vary.js';

export interface Asked {
  /** Null for each endpoint. */
  readonly endpoint: string | null;
  readonly words: readonly NamedWord[];
  readonly variations: readonly Variation[];
  /** The parameter whose largest value is searched for. */
  readonly largest: string | null;
}

/** How a search for the largest value has ended. */
export interface Largest {
  readonly endpoint: string;
  readonly key: string;
  /** Null when not even the smallest value fits. */
  readonly value: number | null;
  readonly step: number;
  /** The smallest value that was seen not to fit, and what the visitor reads; null when there is none. */
  readonly beyond: { readonly value: number; readonly failure: string } | null;
}

export interface Answers {
  readonly observed: readonly Observed[];
  readonly largest: Largest | null;
}

/** More than any model takes: what a call that does not fit would have needed. */
const BOUNDLESS_BYTES = 4e12;

/**
 * Starts a Space and asks; once more without a limit when a call ran out of memory, since its peak is not known.
 *
 * @throws UserError what `inSpace` and `ask` throw
 */
export async function answersOf(start: Start, asked: Asked, world: ObserveWorld): Promise<Answers> {
  const visit = (from: Start) => inSpace(from, world, (session) => ask(asked, session));
  const answers = await visit(start);
  if (asked.largest !== null || !wantedMore(answers.observed)) return answers;
  world.say('  out of memory: once more with as much as it takes\n');
  return visit({ ...start, vramBytes: BOUNDLESS_BYTES });
}

/** @throws UserError E_CALL_ENDPOINT, E_CALL_ARGUMENT, E_USAGE */
export async function ask(asked: Asked, session: Session): Promise<Answers> {
  if (asked.largest !== null) return search(asked, asked.largest, session);
  const observed: Observed[] = [];
  const endpoint = endpointFor(asked, session);
  for (const one of endpoint === null ? session.endpoints : [endpoint]) {
    for (const varied of combinations(asked.variations)) {
      observed.push(await callOf(one, varied, asked, session));
    }
  }
  return { observed, largest: null };
}

/** The endpoint that was named, or the only one where one is needed. */
function endpointFor(
  { endpoint, variations, largest }: Asked,
  { endpoints }: Session,
): Endpoint | null {
  if (endpoint !== null) return findEndpoint(endpoints, endpoint);
  const needed = variations[0] ? '--vary' : largest === null ? null : '--largest';
  if (needed === null) return null;
  const [only] = endpoints;
  if (only && endpoints.length === 1) return only;
  throw new UserError('E_USAGE', `${needed} needs the name of an endpoint`, {
    why: `The Space has ${endpoints.map(({ name }) => name.slice(1)).join(', ') || 'none'}.`,
    fix: `zerogpu estimate . ${endpoints[0]?.name.slice(1) ?? 'FUNCTION'} ${needed} …`,
  });
}

/** An endpoint that neither a name nor `--vary` selects and that lacks an argument is an entry of the report, not an error. */
async function callOf(
  endpoint: Endpoint,
  varied: readonly NamedWord[],
  asked: Asked,
  session: Session,
): Promise<Observed> {
  try {
    return await session.call(endpoint, asked.words, varied);
  } catch (error) {
    const isNamed = asked.endpoint !== null || asked.variations.length > 0;
    if (isNamed || !(error instanceof UserError)) throw error;
    const name = endpoint.name.slice(1);
    const failure = `${error.message}: zerogpu estimate . ${name} …`;
    return {
      ...{ endpoint: name, varied, assumed: [], failure },
      ...{ records: [], declaredSeconds: null, snapshot: null },
    };
  }
}

async function search(asked: Asked, key: string, session: Session): Promise<Answers> {
  const endpoint = endpointFor(asked, session) as Endpoint;
  let state = searchFrom(startOf(endpoint, asked.words, key), parameterOf(endpoint, key));
  const said = asked.words.filter((word) => word.key !== key);
  let best: Observed | null = null;
  let beyond: Largest['beyond'] = null;
  let last: Observed | null = null;
  for (let value = nextValue(state); value !== null; value = nextValue(state)) {
    last = await session.call(endpoint, said, [{ key, text: String(value), isFile: false }]);
    const failure = failureOf(last);
    state = learned(state, value, failure === null);
    if (failure !== null) beyond = state.fails === value ? { value, failure } : beyond;
    else if (state.fits === value) best = last;
  }
  const shown = best ?? last;
  return {
    observed: shown === null ? [] : [shown],
    largest: {
      ...{ endpoint: endpoint.name.slice(1), key, step: state.step },
      ...{ value: state.fits, beyond },
    },
  };
}

function failureOf({ failure, records }: Observed): string | null {
  if (records.some(ranOut)) return 'out of memory';
  const error = records.find((record) => record.error !== null)?.error ?? null;
  return failure ?? error;
}

function parameterOf(endpoint: Endpoint, key: string) {
  const found = endpoint.parameters.find(({ name }) => name === key);
  if (found) return found;
  throw new UserError('E_CALL_ARGUMENT', `${endpoint.name.slice(1)} has no parameter "${key}"`, {
    why: `It has: ${endpoint.parameters.map(({ name }) => name).join(', ') || 'none'}.`,
    fix: `zerogpu estimate . ${endpoint.name.slice(1)} --largest NAME`,
  });
}

/** A value that the endpoint takes: what was said, or what would be assumed. */
function startOf(endpoint: Endpoint, words: readonly NamedWord[], key: string): number {
  const parameter = parameterOf(endpoint, key);
  const text = chooseValues(endpoint, words).words.find((word) => word.key === key)?.text;
  const value = text === undefined ? parameter.defaultValue : text;
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  if (value !== null && value !== undefined && Number.isFinite(number)) return number;
  throw new UserError('E_CALL_ARGUMENT', `--largest ${key} has no number to begin with`, {
    why: `${key} is ${value === undefined ? 'without a default' : JSON.stringify(value)}.`,
    fix: `zerogpu estimate . ${endpoint.name.slice(1)} ${key}=512 --largest ${key}`,
  });
}
