/** What a Space declares, and the platform provides, against what runs here. */
import { compare, satisfies } from '@renovatebot/pep440';
import type { PlatformProfile } from '../platform/schema.js';
import type { Requirement } from '../space/index.js';
import type { DeclaredDifference } from './console/index.js';

export interface DeclaredFacts {
  readonly versions: PlatformProfile['versions'];
  readonly frontMatter: {
    readonly pythonVersion: string | null;
    readonly sdkVersion: string | null;
  };
  readonly requirements: readonly Requirement[];
  /** Names of packages.txt that are not installed on this machine. */
  readonly missingSystemPackages: readonly string[];
  readonly python: string;
  /** Versions of the packages that the Space lists, and of gradio and torch, by normalized name. */
  readonly installed: Readonly<Record<string, string | null>>;
  /** Why zerogpu has chosen another Python or PyTorch. */
  readonly compromises: {
    readonly python?: string | undefined;
    readonly torch?: string | undefined;
  };
}

/** Each declared version that is not what runs; empty when all is as on the platform. */
export function declaredDifferences(facts: DeclaredFacts): readonly DeclaredDifference[] {
  return [
    ...pythonDifference(facts),
    ...gradioDifference(facts),
    ...torchDifference(facts),
    ...requirementDifferences(facts),
    ...systemPackages(facts),
  ];
}

function pythonDifference({ versions, frontMatter, python, compromises }: DeclaredFacts) {
  const running = withWhy(python, compromises.python);
  const { pythonVersion } = frontMatter;
  if (pythonVersion !== null) {
    const same = minorOf(pythonVersion) === minorOf(python);
    return same ? [] : [{ name: 'Python', declared: pythonVersion, running }];
  }
  if (versions.python.some((one) => minorOf(one) === minorOf(python))) return [];
  return [{ name: 'Python', declared: platformHas(versions.python), running }];
}

function gradioDifference({ frontMatter, installed }: DeclaredFacts) {
  const [declared, running] = [frontMatter.sdkVersion, installed['gradio'] ?? null];
  if (declared === null || running === null || same(declared, running)) return [];
  return [{ name: 'sdk_version', declared, running }];
}

/** A pinned one is a requirement like others; for any other, the platform's list decides. */
function torchDifference({ versions, requirements, installed, compromises }: DeclaredFacts) {
  const running = installed['torch'];
  if (!running || requirements.some(({ name, pin }) => name === 'torch' && pin !== null)) return [];
  if (versions.torch.some((version) => same(version, running))) return [];
  const why = withWhy(running, compromises.torch);
  return [{ name: 'torch', declared: platformHas(versions.torch), running: why }];
}

function requirementDifferences({ requirements, installed, compromises }: DeclaredFacts) {
  return requirements.flatMap(({ name, specifier, marker }) => {
    // Whether a marker holds is for the installer to say.
    if (name === null || marker !== null || !(name in installed)) return [];
    const running = installed[name] ?? null;
    if (running !== null && admits(specifier, running)) return [];
    const declared = specifier === '' ? 'any version' : specifier;
    const shown = running ?? 'not installed';
    return [
      { name, declared, running: name === 'torch' ? withWhy(shown, compromises.torch) : shown },
    ];
  });
}

function systemPackages({ missingSystemPackages }: DeclaredFacts) {
  if (missingSystemPackages.length === 0) return [];
  const declared = missingSystemPackages.join(' ');
  const running = `not installed (sudo apt-get install ${declared})`;
  return [{ name: 'packages.txt', declared, running }];
}

function withWhy(version: string, why: string | undefined): string {
  return why === undefined ? version : `${version} (${why})`;
}

/** `(2.1.0 to 2.8.0)`: what the platform takes for a Space that declares nothing. */
function platformHas(versions: readonly string[]): string {
  const sorted = [...versions].sort(compare);
  const [first, last] = [sorted[0], sorted.at(-1)];
  return first === last ? `(${first})` : `(${first} to ${last})`;
}

/** The build (`+cpu`) is not part of what is declared. */
function same(declared: string, running: string): boolean {
  return declared === running || declared === running.split('+', 1)[0];
}

function admits(specifier: string, version: string): boolean {
  return specifier === '' || satisfies(version, specifier, { prereleases: true });
}

/** `3.10` of `3.10.13`. */
function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
