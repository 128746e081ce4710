/** What none of our files does, and what stands in the page about packages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(tsx?|py)$/.test(name))
  .map((name) => [`src/${name}`, read(`src/${name}`)] as const);

it('no command goes through a shell', () => {
  expect(sources.length).toBeGreaterThan(300);
  const shells = [
    /\bshell\s*[:=]\s*(true|True|['"])/,
    /\b(exec|execSync)\b[^;]*from '(node:)?child_process'/,
    /\bchild_process['"]?\)?\.(exec|execSync)\(/,
    /\bos\.(system|popen)\(|\bgetoutput\(/,
    /\bspawn(Sync)?\(\s*['"`](sh|bash|cmd)/,
  ];
  for (const [name, text] of sources) {
    for (const shell of shells) expect(shell.exec(text)?.[0], name).toBeUndefined();
  }
});

it('no text becomes code', () => {
  for (const [name, text] of sources.filter(([file]) => file.endsWith('s') || file.endsWith('x'))) {
    expect(/\bnew Function\(|(?<![.\w"'`(])eval\(/.exec(text)?.[0], name).toBeUndefined();
  }
});

interface Locked {
  readonly dev?: boolean;
  readonly os?: readonly string[];
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
const installed = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && !dev);

it('CONTRIBUTING.md has a reason for each package, and the number of those that users get', () => {
  const [, table = ''] =
    /<!-- packages -->([\s\S]*?)<!-- \/packages -->/.exec(read('CONTRIBUTING.md')) ?? [];
  const rows = [...table.matchAll(/^\| `([^`]+)` \| (users|build|tests) \| (\S.*) \|$/gm)];
  const named = (who: (kind: string) => boolean) =>
    rows.flatMap(([, name = '', kind = '']) => (who(kind) ? [name] : [])).sort();
  expect(named((kind) => kind === 'users')).toEqual(
    Object.keys(manifest['dependencies'] ?? {}).sort(),
  );
  expect(named((kind) => kind !== 'users')).toEqual(
    Object.keys(manifest['devDependencies'] ?? {}).sort(),
  );
  // One of the builds for each system and processor is installed.
  const builds = installed.filter(([, { os }]) => os !== undefined).length;
  expect(table).toContain(`${installed.length - builds + 1} packages`);
});

it('nothing that users get runs a script when it is installed', () => {
  expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  expect(installed.filter(([, { integrity }]) => !integrity)).toEqual([]);
});
