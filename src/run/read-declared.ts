import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { PlatformProfile } from '../platform/schema.js';
import type { PythonEnvironment } from '../python-env/index.js';
import { installedVersions } from '../python-env/probe.js';
import type { Space } from '../space/index.js';
import type { DeclaredDifference } from './console/index.js';
import { declaredDifferences } from './declared.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Compares what the Space declares with the interpreter that runs it, and with this machine. */
export async function readDeclared(
  space: Space,
  python: PythonEnvironment,
  { versions }: PlatformProfile,
  env: Environment,
): Promise<readonly DeclaredDifference[]> {
  const requirements = [
    ...(space.preRequirements?.requirements ?? []),
    ...(space.requirements?.requirements ?? []),
  ];
  const listed = requirements.flatMap(({ name }) => name ?? []);
  const { gradio, torch } = python.packages;
  const [installed, missingSystemPackages] = await Promise.all([
    installedVersions(python.python, listed, env),
    missingPackages(space.dir, env),
  ]);
  return declaredDifferences({
    versions,
    frontMatter: space.frontMatter,
    requirements,
    missingSystemPackages,
    python: python.version,
    installed: { ...installed, gradio, torch },
    compromises: python.compromises ?? {},
  });
}

/** Debian packages of packages.txt that are not installed; none where dpkg can't be asked. */
async function missingPackages(dir: string, env: Environment): Promise<readonly string[]> {
  const text = await readFile(join(dir, 'packages.txt'), 'utf8').catch(() => '');
  const names = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((name) => /^[a-z0-9][a-z0-9.+-]*$/.test(name));
  if (names.length === 0) return [];
  const format = ['--showformat', `\${Package} \${db:Status-Status}\\n`];
  const asked = await execa('dpkg-query', ['--show', ...format, ...names], {
    env: { ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  if (asked.exitCode === undefined) return [];
  const present = new Set(asked.stdout.split('\n').map((line) => line.trim()));
  return names.filter((name) => !present.has(`${name} installed`));
}
