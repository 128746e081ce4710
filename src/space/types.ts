/** A stretch of a text file; lines and columns from 1, the end excluded. */
export interface TextRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One `key: value` of the README's front matter. */
export interface FrontMatterField {
  /** Line in README.md, from 1. */
  readonly line: number;
  readonly keyRange: TextRange;
  /** Where the value stands, for a caret; null where none is written. */
  readonly valueRange: TextRange | null;
  readonly isQuoted: boolean;
  /** The source text of a plain value, null for an empty one, undefined for a list or a table. */
  readonly text: string | null | undefined;
  readonly value: unknown;
}

/** What there is of front matter, before anybody asks what it says. */
export type FrontMatterReading =
  | {
      readonly state: 'absent';
      /** The first line of dashes is there, and no second one. */
      readonly isUnclosed: boolean;
    }
  | {
      readonly state: 'broken';
      readonly line: number;
      readonly range: TextRange | null;
      /** Without full stop. */
      readonly reason: string;
    }
  | {
      readonly state: 'read';
      /** By key; of a key that is there twice, the last. */
      readonly fields: ReadonlyMap<string, FrontMatterField>;
      readonly duplicates: readonly { readonly name: string; readonly keyRange: TextRange }[];
      /** The line of README.md after the first line of dashes, from 1. */
      readonly firstLine: number;
    };

/** What the front matter says; null where it says nothing. Versions are text: `3.10`. */
export interface FrontMatter {
  readonly title: string | null;
  readonly sdk: string | null;
  readonly sdkVersion: string | null;
  readonly appFile: string | null;
  readonly pythonVersion: string | null;
  readonly fields: ReadonlyMap<string, FrontMatterField>;
}

/** One line of a requirements file that asks for something. */
export interface Requirement {
  /** Relative to the Space's folder. */
  readonly file: string;
  /** First line of it in the file, from 1. */
  readonly line: number;
  /** As written, without comment and continuation. */
  readonly text: string;
  /** Normalized name (PEP 503), or null for a path or URL without a name. */
  readonly name: string | null;
  readonly extras: readonly string[];
  /** `==2.5.1`, `>=4,<5`, or empty. */
  readonly specifier: string;
  /** The version of an exact pin, e.g. `2.5.1`; null otherwise. */
  readonly pin: string | null;
  /** Environment marker after `;`, or null. */
  readonly marker: string | null;
  readonly url: string | null;
}

/** A requirements file with the files that it includes. */
export interface RequirementsFile {
  /** Absolute. */
  readonly path: string;
  /** Content of this file and of all that it includes, for telling whether anything changed. */
  readonly content: string;
  readonly requirements: readonly Requirement[];
  /** Option lines such as `--extra-index-url …`, as written; editable requirements are among them. */
  readonly options: readonly string[];
}

/** Something odd that does not keep the Space from running. */
export interface SpaceWarning {
  /** Relative to the Space's folder. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** A Space's folder, read once. */
export interface Space {
  /** Absolute. */
  readonly dir: string;
  /** The folder's name. */
  readonly name: string;
  readonly frontMatter: FrontMatter;
  /** Absolute. */
  readonly appFile: string;
  readonly requirements: RequirementsFile | null;
  readonly preRequirements: RequirementsFile | null;
  /** Debian packages of packages.txt. */
  readonly packagesTxt: readonly string[];
  /** Top-level modules that the Space's own Python files import, sorted. */
  readonly imports: readonly string[];
  readonly warnings: readonly SpaceWarning[];
}
