/** A /schedule as the `spaces` package makes it, waited for to its end in the queue. */
export type Scheduled =
  | {
      readonly kind: 'granted';
      readonly isWarm: boolean;
      allow(pid: number): Promise<number>;
      release(): Promise<number>;
    }
  | { readonly kind: 'refused'; readonly reason: string };

export async function openSchedule(
  url: string,
  query: Readonly<Record<string, string | number>>,
): Promise<Scheduled> {
  const post = (path: string, values: Readonly<Record<string, string | number>>) => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) search.set(name, String(value));
    return fetch(`${url}/${path}?${search}`, { method: 'POST' });
  };
  const response = await post('schedule', query);
  const text = await response.text();
  if (response.status !== 200) {
    const { wait } = JSON.parse(text) as { readonly wait: number };
    return { kind: 'refused', reason: wait < 0 ? 'illegal-duration' : 'quota-exceeded' };
  }
  // A stream ends with one event that carries the grant.
  const isStream = response.headers.get('content-type')?.includes('event-stream') ?? false;
  const body = isStream ? /^data: (.*)$/m.exec(text)?.[1] : text;
  if (!body) return { kind: 'refused', reason: 'no-gpu' };
  const grant = JSON.parse(body) as { readonly idle: boolean; readonly allowToken: string };
  const { allowToken } = grant;
  return {
    kind: 'granted',
    isWarm: grant.idle,
    allow: async (pid) => (await post('allow', { allowToken, pid })).status,
    release: async () => (await post('release', { allowToken, fail: 'false' })).status,
  };
}
