/** What Gradio has removed from its signatures and names, by release. */

import table from '../data/gradio-removed.json' with { type: 'json' };
import { compareVersions } from '../versions.js';

const parameters: Readonly<Record<string, Readonly<Record<string, string>>>> = table.parameters;
const names: Readonly<Record<string, string>> = table.names;

/** What the table was made from. */
export const GRADIO_TABLE_SOURCE = `${table.source} (${table.date})`;

/**
 * Parameters of a callable that a release of Gradio no longer takes, each with the release in which it
 * was first seen to be gone.
 *
 * @param callable `gradio.Chatbot`, `.launch`, `gradio.on`
 */
export function removedParameters(callable: string, gradio: string): ReadonlyMap<string, string> {
  const rows = Object.entries(parameters[callable] ?? {});
  return new Map(rows.filter(([, since]) => compareVersions(gradio, since) >= 0));
}

/** The release in which a name of `gradio` was first seen to be gone, if that release has lost it. */
export function removedName(name: string, gradio: string): string | null {
  const since = names[name];
  return since !== undefined && compareVersions(gradio, since) >= 0 ? since : null;
}
