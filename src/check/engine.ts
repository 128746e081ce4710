import { type CodeExecution, nodeAt } from '../space/python/index.js';
import {
  type Finding,
  type Found,
  type Rule,
  type RuleContext,
  type RuleId,
  SEVERITIES,
} from './rule.js';

/** A rule that threw: a bug in zerogpu. The other rules' findings stand. */
export interface RuleFailure {
  readonly rule: RuleId;
  readonly error: unknown;
}

export interface RuleResults {
  /** Gravest first, then by file, line and rule. */
  readonly findings: readonly Finding[];
  /** What the rules find under each of the other profiles, by its name. */
  readonly elsewhere: ReadonlyMap<string, readonly Finding[]>;
  readonly failures: readonly RuleFailure[];
}

/**
 * Asks every rule under every profile, so that a finding can say where the same Space would be fine, and
 * the report what each edition of the platform makes of it; no rule has to know of that.
 */
export function runRules(rules: readonly Rule[], context: RuleContext): RuleResults {
  const others = context.profiles.filter(({ name }) => name !== context.profile.name);
  const findings: Finding[] = [];
  const elsewhere = new Map<string, Finding[]>(others.map(({ name }) => [name, []]));
  const failures: RuleFailure[] = [];
  for (const rule of rules) {
    try {
      const { context: watched, looked } = watchProfile(context);
      const found = ask(rule, watched);
      const asked = others.map((profile) => ({
        profile: profile.name,
        // Rules are pure: one that did not look at the profile finds the same under each of them.
        found: looked() ? ask(rule, { ...context, profile }) : found,
      }));
      const compared = rule.asksOtherProfiles === false ? [] : asked.map(graveIn(rule));
      findings.push(...unique(found.map((one) => toFinding(rule, one, compared))));
      for (const { profile, found: there } of asked) {
        const list = unique(there.map((one) => toFinding(rule, one, [])));
        elsewhere.get(profile)?.push(...list);
      }
    } catch (error) {
      failures.push({ rule: rule.id, error });
    }
  }
  return {
    findings: withoutYielding(rules, findings).sort(byGravity),
    elsewhere: new Map([...elsewhere].map(([name, all]) => [name, withoutYielding(rules, all)])),
    failures,
  };
}

/** Without what another rule says better at the same place. */
function withoutYielding(rules: readonly Rule[], findings: readonly Finding[]): Finding[] {
  const yielding = new Map(rules.flatMap(({ id, yieldsTo }) => (yieldsTo ? [[id, yieldsTo]] : [])));
  return findings.filter((finding) => {
    const to = yielding.get(finding.rule);
    const isSaid = ({ rule, file, range }: Finding) =>
      to?.includes(rule) && file === finding.file && range?.line === finding.range?.line;
    return to === undefined || !findings.some(isSaid);
  });
}

/** The same context, which notes whether a rule looks at the profile. */
function watchProfile(context: RuleContext): { context: RuleContext; looked: () => boolean } {
  let hasLooked = false;
  const watched: RuleContext = {
    ...context,
    get profile() {
      hasLooked = true;
      return context.profile;
    },
  };
  return { context: watched, looked: () => hasLooked };
}

/** A finding, and whether anything reaches the code that it is about. */
interface Asked extends Found {
  readonly isUnreached: boolean;
}

/**
 * What a rule finds in code that something executes. In a function that nothing reaches an error or a
 * warning is an info, because its caller may be beyond reading; what is lighter is left out.
 */
function ask(rule: Rule, context: RuleContext): readonly Asked[] {
  return [...rule.check(context)].flatMap((found): readonly Asked[] => {
    const execution = rule.asksUnreached ? 'executed' : executionAt(context, found);
    if (execution === 'executed') return [{ ...found, isUnreached: false }];
    const isGrave = !isLight(found.severity ?? rule.severity);
    if (execution === 'never' || !isGrave) return [];
    return [{ ...found, severity: 'info', isUnreached: true }];
  });
}

function executionAt({ python }: RuleContext, { file, range }: Found): CodeExecution {
  const read = range && python.files.find(({ path }) => path === file);
  return read ? python.executionOf(read, nodeAt(read, range)) : 'executed';
}

interface Elsewhere {
  readonly profile: string;
  readonly places: ReadonlySet<string>;
}

/** Where a rule finds something grave under another profile. */
function graveIn(rule: Rule) {
  return ({ profile, found }: { profile: string; found: readonly Asked[] }): Elsewhere => {
    const grave = found.filter((one) => !isLight(one.severity ?? rule.severity));
    return { profile, places: new Set(grave.map(placeOf)) };
  };
}

function toFinding(rule: Rule, found: Asked, elsewhere: readonly Elsewhere[]): Finding {
  const severity = found.severity ?? rule.severity;
  const place = placeOf(found);
  return {
    rule: rule.id,
    severity,
    file: found.file,
    range: found.range,
    data: found.data,
    fix: found.fix ?? null,
    isUnreached: found.isUnreached,
    alsoFineOn: isLight(severity)
      ? []
      : elsewhere.filter(({ places }) => !places.has(place)).map(({ profile }) => profile),
  };
}

/** Findings that need no action: their absence on the other platform is not worth a line. */
function isLight(severity: Finding['severity']): boolean {
  return severity === 'info' || severity === 'advice';
}

function placeOf({ file, range }: Found): string {
  return `${file}:${range?.line ?? 0}:${range?.column ?? 0}`;
}

/** A line that is included twice is one line to the reader. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = JSON.stringify([finding.rule, finding.file, finding.range, finding.data]);
    return !seen.has(key) && seen.add(key);
  });
}

/** Errors first, then file, line, column, rule. */
function byGravity(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    compare(a.file, b.file) ||
    (a.range?.line ?? 0) - (b.range?.line ?? 0) ||
    (a.range?.column ?? 0) - (b.range?.column ?? 0) ||
    compare(a.rule, b.rule)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
