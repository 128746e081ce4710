/** Whether to print a notice of a newer version, and whether it is time to ask for one. No I/O. */

export interface UpdateState {
  /** Wall clock of the last question, in milliseconds since 1970. */
  readonly askedAtMs: number;
  /** The newest version that was heard of; null while nothing was heard. */
  readonly latest: string | null;
}

const DAY_MS = 86_400_000;
const VERSION = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/;

/** There is no notice in a script, in CI, or where the user turned it off; `NO_UPDATE_NOTIFIER` is what other tools read. */
export function mayNotify(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (!isTerminal || env['TERM'] === 'dumb') return false;
  const isOff = (name: string) => (env[name] ?? '') !== '' && env[name] !== '0';
  if (['CI', 'NO_UPDATE_NOTIFIER', 'ZEROGPU_NO_UPDATE_CHECK'].some(isOff)) return false;
  return !argv.some((word) => /^(-q|--quiet|--json|--format|--log-format)(=|$)/.test(word));
}

/** What the file says; null for none, or for one that says nothing. */
export function readUpdateState(text: string | null): UpdateState | null {
  try {
    const { askedAtMs, latest } = JSON.parse(text ?? 'null') ?? {};
    if (typeof askedAtMs !== 'number' || !Number.isFinite(askedAtMs)) return null;
    return {
      askedAtMs,
      latest: typeof latest === 'string' && VERSION.test(latest) ? latest : null,
    };
  } catch {
    return null;
  }
}

/** Once in 24 hours; a clock that was set back asks again. */
export function isQuestionDue(state: UpdateState | null, nowMs: number): boolean {
  if (state === null) return true;
  return nowMs < state.askedAtMs || nowMs - state.askedAtMs >= DAY_MS;
}

/** A pre-release is newer than nothing. */
export function isNewer(latest: string, current: string): boolean {
  const [to, from] = [latest, current].map((text) => VERSION.exec(text)?.slice(1).map(Number));
  if (!to || !from) return false;
  const differing = to.findIndex((part, i) => part !== from[i]);
  return differing >= 0 && (to[differing] ?? 0) > (from[differing] ?? 0);
}

/** Lines for stderr; none when this is the newest version that was heard of. */
export function noticeOf(state: UpdateState | null, current: string): readonly string[] {
  if (!state?.latest || !isNewer(state.latest, current)) return [];
  return [`zerogpu ${state.latest} is out; this is ${current}`, '  npm install -g zerogpu@latest'];
}
