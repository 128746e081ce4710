/** What a line of an installer's output means to whoever waits. */
export type InstallStep =
  | { readonly kind: 'download'; readonly what: string; readonly bytes: number }
  | { readonly kind: 'unpack'; readonly packages: number }
  | { readonly kind: 'build'; readonly what: string };

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Reads a line of pip or uv; null for the many that say nothing new. */
export function readInstallLine(line: string): InstallStep | null {
  const download = /^\s*Downloading (\S+) \(([\d.]+) ?([A-Za-z]+)\)/.exec(line);
  if (download) {
    const [, file = '', amount, unit = ''] = download;
    // pip names the file and uv the package: a wheel's name ends at its first dash.
    const what = /\.(whl|tar\.gz|zip)$/.test(file) ? (file.split('-')[0] ?? file) : file;
    return { kind: 'download', what, bytes: Number(amount) * (UNITS[unit.toLowerCase()] ?? 1) };
  }
  const unpack = /^Installing collected packages: (.+)$/.exec(line)?.[1];
  if (unpack) return { kind: 'unpack', packages: unpack.split(',').length };
  const prepared = /^Prepared (\d+) packages? in/.exec(line)?.[1];
  if (prepared) return { kind: 'unpack', packages: Number(prepared) };
  const build = /^\s*Building (?:wheels? for (?:collected packages: )?)?(\S+)/.exec(line)?.[1];
  return build ? { kind: 'build', what: build.replace(/[,:]$/, '') } : null;
}
