/** The Space behind an address such as `owner-name.hf.space`. */
import { badAnswer, HubError, offline, type Purpose } from './errors.js';
import { checkSpaceId, type HubAddress, type HubName, namesServedAt } from './names.js';
import type { Reader } from './reader.js';
import { spaceSchema } from './schemas.js';
import type { HubSettings } from './settings.js';

/** @throws HubError that lists the names which the address may stand for */
export async function nameServedAt(
  said: HubAddress,
  reader: Reader,
  { offline: isOffline, endpoint }: HubSettings,
): Promise<HubName> {
  const purpose: Purpose = {
    what: `the name of the Space at ${said.subdomain}.hf.space`,
    permission: "read access to it, or its owner's consent",
    ifMissing: 'look at the address; for a private Space: hf auth login',
  };
  try {
    if (isOffline) throw offline(purpose);
    // As @gradio/client 2.7 asks (`check_space_status`).
    const path = `/api/spaces/by-subdomain/${encodeURIComponent(said.subdomain)}`;
    const { value } = await reader.read(path, spaceSchema, purpose);
    return { id: idOf(value.id, purpose, endpoint), revision: null };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { code, message, why } = error;
    const names = namesServedAt(said).map((id) => `hf:${id}`);
    const between = 'An address joins owner and name with "-", and has "-" for "." and "_".';
    throw new HubError(code, message, {
      why: [why, between].filter(Boolean).join('\n'),
      fix: names.length === 0 ? 'name it hf:OWNER/NAME' : `name it: ${names.join(' or ')}`,
    });
  }
}

function idOf(said: string, purpose: Purpose, endpoint: string): string {
  try {
    return checkSpaceId(said);
  } catch {
    throw badAnswer(purpose, endpoint, `${JSON.stringify(said)} is not the name of a Space.`);
  }
}
