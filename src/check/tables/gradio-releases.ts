/** What a release of Gradio requires exactly. */
import table from '../data/gradio-releases.json' with { type: 'json' };

const clients: Readonly<Record<string, readonly string[]>> = table.clients;
const byGradio: ReadonlyMap<string, string> = new Map(
  Object.entries(clients).flatMap(([client, releases]) =>
    releases.map((release) => [release, client] as const),
  ),
);

/** The gradio_client that a release of Gradio requires; null for one that is not in the table. */
export function gradioClientOf(gradio: string): string | null {
  return byGradio.get(gradio) ?? null;
}
