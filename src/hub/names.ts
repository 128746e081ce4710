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

/** The address at which a Space is served: owner and name joined, which only the Hub can take apart. */
export interface HubAddress {
  /** `owner-name` of `owner-name.hf.space`. */
  readonly subdomain: string;
}

const SCHEME = 'hf:';
/** The page of a Space, and what follows its name there. */
const PAGE =
  /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/spaces\/([^/?#]*)(?:\/([^/?#]*))?(?:\/([^?#]*))?(?:[?#].*)?$/i;
const SERVED = /^(?:https?:\/\/)?([a-z0-9-]+)\.(?:static\.)?hf\.space(?::\d+)?(?:[/?#].*)?$/i;

/** Whether a word of the command line can only be a Space on the Hub, rightly named or wrongly. */
export const isHubName = (text: string): boolean =>
  text.startsWith(SCHEME) || PAGE.test(text) || SERVED.test(text);

/**
 * Reads `hf:OWNER/NAME`, `hf:OWNER/NAME@REVISION`, the address of the Space's page, and the address at which it
 * is served.
 *
 * @throws UserError E_USAGE
 */
export function parseHubName(text: string): HubName | HubAddress {
  const [, subdomain] = SERVED.exec(text) ?? [];
  if (subdomain !== undefined) return { subdomain: subdomain.toLowerCase() };
  const [, owner, name, rest = ''] = PAGE.exec(text) ?? [];
  if (owner !== undefined) {
    const [, revision] = /^(?:tree|blob|resolve|commit)\/([^/]+)/.exec(rest) ?? [];
    return {
      id: checkSpaceId(`${owner}/${name ?? ''}`),
      revision: revision === undefined ? null : checkRevision(decoded(revision)),
    };
  }
  const [id = '', ...revision] = text.slice(SCHEME.length).split('@');
  return {
    id: checkSpaceId(id),
    revision: revision.length === 0 ? null : checkRevision(revision.join('@')),
  };
}

/** A branch with a slash in it is `%2F` in an address. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The names that a served address may stand for; the Hub writes `.` and `_` as `-` there, and small letters. */
export function namesServedAt({ subdomain }: HubAddress): readonly string[] {
  const parts = subdomain.split('-');
  return parts
    .slice(1)
    .map((_, at) => `${parts.slice(0, at + 1).join('-')}/${parts.slice(at + 1).join('-')}`)
    .filter((id) => id.split('/').every((part) => PART.test(part)));
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
