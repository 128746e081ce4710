/** Which project brings a module, and what a project brings besides. */
import table from '../data/modules.json' with { type: 'json' };

const imports: Readonly<Record<string, readonly string[]>> = table.imports;
const brings: Readonly<Record<string, readonly string[]>> = table.brings;

/** The projects that a top-level module comes with; null for a module that is not in the table. */
export function projectsOf(module: string): readonly string[] | null {
  return Object.hasOwn(imports, module) ? (imports[module] ?? null) : null;
}

export interface Brought {
  readonly projects: ReadonlySet<string>;
  /** Whether the dependencies of every project are known. */
  readonly isKnown: boolean;
}

/** What installing these projects beside those of the platform brings, their dependencies included. */
export function broughtBy(names: readonly string[]): Brought {
  const projects = new Set<string>();
  const open = [...names, ...table.platform.projects];
  const isKnown = names.every((name) => Object.hasOwn(brings, name));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (projects.has(name)) continue;
    projects.add(name);
    open.push(...(brings[name] ?? []));
  }
  return { projects, isKnown };
}
