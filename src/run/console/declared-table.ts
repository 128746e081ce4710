/** The table of a run's banner: what a Space declares, against what runs here. */

/** One row of the banner's table. */
export interface DeclaredDifference {
  /** `Python`, `sdk_version`, a package, `packages.txt`. */
  readonly name: string;
  /** As the Space declares it; in parentheses what the platform takes for a Space that does not. */
  readonly declared: string;
  readonly running: string;
}

const TITLE: DeclaredDifference = {
  name: 'differs',
  declared: 'declared (or of the platform)',
  running: 'running here',
};

/** The table of the banner, its title first; no lines when nothing differs. */
export function declaredTable(rows: readonly DeclaredDifference[]): readonly string[] {
  if (rows.length === 0) return [];
  const all = [TITLE, ...rows];
  const width = (key: 'name' | 'declared') => Math.max(8, ...all.map((row) => row[key].length)) + 2;
  return all.map(
    ({ name, declared, running }) =>
      `${name.padEnd(width('name'))}${declared.padEnd(width('declared'))}${running}`,
  );
}
