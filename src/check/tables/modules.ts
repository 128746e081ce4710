/** Which project brings a module, and what a project brings besides. */
import table from '../data/modules.json' with { type: 'json' };
import { compareVersions } from '../versions.js';

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

/**
 * What installing these projects beside those of the platform brings, their dependencies included.
 *
 * @param gradio the Gradio that the platform installs; null for one that is not known: it may bring what any does
 */
export function broughtBy(names: readonly string[], gradio: string | null): Brought {
  const projects = new Set<string>();
  const open = [...names, ...table.platform.projects];
  const isKnown = names.every((name) => Object.hasOwn(brings, name));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (projects.has(name)) continue;
    projects.add(name);
    open.push(...(name === 'gradio' ? askedByGradio(gradio) : (brings[name] ?? [])));
  }
  return { projects, isKnown };
}

/** What a release of Gradio asks for with the extras that the platform installs. */
function askedByGradio(version: string | null): readonly string[] {
  const rows = table.platform.gradio;
  const row =
    version === null ? undefined : rows.findLast((one) => compareVersions(version, one.from) >= 0);
  return row ? row.asksFor : rows.flatMap(({ asksFor }) => asksFor);
}
