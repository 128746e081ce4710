/** Names of variables: those given, those that the code reads, those of the Space on the Hub. Pure; no values. */
import { didYouMean } from '../../shared/did-you-mean.js';

/** A read that fails where the name is not set. */
export interface ReadVariable {
  readonly name: string;
  /** Relative to the Space's folder. */
  readonly file: string;
  readonly line: number;
}

export interface VariableFacts {
  /** Names of `--env-file`. */
  readonly given: readonly string[];
  /** Names that the app has in any case. */
  readonly present: ReadonlySet<string>;
  readonly reads: readonly ReadVariable[];
  /** Whether any Python file of the Space has the word. */
  readonly isMentioned: (name: string) => boolean;
  /** The Space on the Hub; null for a folder, `names` null where the Hub does not list them. */
  readonly hub: { readonly id: string; readonly names: readonly string[] | null } | null;
  /** Names whose value from the file the app does not get, since the run sets them. */
  readonly overruled: readonly string[];
}

export interface VariableReport {
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** What to say about the names before the app starts. */
export function compareVariables(facts: VariableFacts): VariableReport {
  const { given, present, reads, hub, overruled } = facts;
  const has = new Set([...given, ...present]);
  const unread = given.filter((name) => !facts.isMentioned(name));
  const missing = reads.filter(({ name }) => !has.has(name));
  const onHub = hub?.names ? new Set(hub.names) : null;
  return {
    notes: [
      ...list(unread, 'not in the code of the Space, though a package may read', ': '),
      ...(hub && !onHub
        ? [`${hub.id}: the Hub lists its variables to its owner's token alone`]
        : []),
      ...(hub && onHub
        ? list(
            [...onHub].filter((name) => !has.has(name)),
            `${hub.id} on the Hub has, and this run has not`,
            ': ',
          )
        : []),
    ],
    warnings: [
      ...overruled.map((name) => `--env-file: ${name} is set by zerogpu as the platform sets it`),
      ...missing.map((read) => missingText(read, unread)),
      ...(hub && onHub
        ? reads
            .filter(({ name }) => has.has(name) && !onHub.has(name) && given.includes(name))
            .map(({ name, file, line }) => {
              return `${hub.id} on the Hub has no variable and no secret ${name}, which ${file}:${line} reads`;
            })
        : []),
    ],
  };
}

function list(names: readonly string[], what: string, between: string): readonly string[] {
  return names.length === 0 ? [] : [`${what}${between}${names.join(', ')}`];
}

function missingText({ name, file, line }: ReadVariable, unread: readonly string[]): string {
  const near = didYouMean(name, unread);
  const hint = near === undefined ? '' : ` (--env-file has ${near})`;
  return `${file}:${line} reads ${name}, which is not set: KeyError${hint}`;
}
