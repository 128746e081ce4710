/** Names that become parts of addresses and of paths: what may stand in them. Pure. */
import { UserError } from '../shared/errors.js';

const PART = /^(?!\.{1,2}$)[\w.-]{1,96}$/;

/** @throws UserError E_USAGE */
export function checkSpaceId(id: string): string {
  const parts = id.split('/');
  if (parts.length === 2 && parts.every((part) => PART.test(part))) return id;
  throw new UserError('E_USAGE', `"${id}" is not the name of a Space`, {
    why: 'A Space on the Hub is named OWNER/NAME.',
    fix: 'hf:OWNER/NAME',
  });
}

/** @throws UserError E_USAGE */
export function checkRevision(revision: string): string {
  const parts = revision.split('/');
  if (revision.length <= 250 && parts.every((part) => PART.test(part))) return revision;
  throw new UserError('E_USAGE', `"${revision}" is not a revision of a Space`, {
    why: 'A revision is a branch, a tag or a commit.',
    fix: 'hf:OWNER/NAME@main',
  });
}

/** A Space on the Hub as a user names it. */
export interface HubName {
  /** `OWNER/NAME`. */
  readonly id: string;
  /** Branch, tag or commit; null for the default branch. */
  readonly revision: string | null;
}

const SCHEME = 'hf:';

/** Whether a word of the command line names a Space on the Hub, rightly or wrongly. */
export const isHubName = (text: string): boolean => text.startsWith(SCHEME);

/**
 * Reads `hf:OWNER/NAME` and `hf:OWNER/NAME@REVISION`.
 *
 * @throws UserError E_USAGE
 */
export function parseHubName(text: string): HubName {
  const [id = '', ...revision] = text.slice(SCHEME.length).split('@');
  return {
    id: checkSpaceId(id),
    revision: revision.length === 0 ? null : checkRevision(revision.join('@')),
  };
}

/** The text that `parseHubName` reads. */
export const formatHubName = ({ id, revision }: HubName): string =>
  `${SCHEME}${id}${revision === null ? '' : `@${revision}`}`;

/**
 * Whether a path that a repository names stays inside its folder, on every system, and is none that git
 * keeps to itself: a `.git/hooks/…` would be run.
 */
export function staysInside(path: string): boolean {
  if (/[\0\\]/.test(path) || /^[a-z]:/i.test(path)) return false;
  return path.split('/').every((part) => !['', '.', '..', '.git'].includes(part.toLowerCase()));
}
