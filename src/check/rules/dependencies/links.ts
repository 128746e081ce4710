import type { RequirementEntry } from '../../../space/index.js';

/** A repository or an archive, not a wheel: it is built where it is installed. */
export function isLink({ url, text, isLocal }: RequirementEntry): boolean {
  const place = url ?? text;
  return !isLocal && /^[a-z+]+:\/\//i.test(place) && !/\.whl(?:[?#]|$)/i.test(place);
}
