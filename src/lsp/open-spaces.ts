/** The Spaces that an editor has open: each is checked as its files change; changed diagnostics are published. */
import { join } from 'node:path';
import type { PublishDiagnosticsParams } from 'vscode-languageserver-protocol';
import type { AskPython } from '../check/exact-syntax.js';
import type { CheckOptions } from '../check/options.js';
import { diagnosticsOf } from './diagnostics.js';
import type { Documents, OpenDocument } from './documents.js';
import { lensesOf } from './lenses.js';
import { pathWithin, uriOf } from './places.js';
import { type Checked, SpaceCheck } from './space-check.js';
import { editedFiles } from './space-files.js';
import { spaceFolderOf } from './space-folder.js';

export interface OpenSpacesPorts {
  /** Folders that the editor has open, absolute. */
  readonly roots: () => readonly string[];
  readonly options: () => CheckOptions;
  readonly usersPlatform: () => Promise<string | undefined>;
  readonly askPython: AskPython;
  /** The diagnostics of a document, where they are others than before. */
  readonly publish: (params: PublishDiagnosticsParams) => void;
  /** The lenses of an open document are others than before. */
  readonly lensesChanged: () => void;
  readonly onBug: (error: unknown) => void;
}

/** A Space with what its editor has of it. */
interface OpenSpace {
  readonly check: SpaceCheck;
  /** By absolute path: the text of the diagnostics, with the version of an open document. */
  readonly published: Map<string, string>;
  lenses: string;
}

export class OpenSpaces {
  readonly #documents: Documents;
  readonly #ports: OpenSpacesPorts;
  /** By folder. */
  readonly #spaces = new Map<string, OpenSpace>();

  constructor(documents: Documents, ports: OpenSpacesPorts) {
    this.#documents = documents;
    this.#ports = ports;
  }

  /** A document has changed, was opened or was closed. */
  changed(path: string | null | undefined): void {
    if (path) this.#spaceOf(path)?.check.changed();
  }

  /** Of Spaces that are open already: a changed file opens no other. */
  changedOnDisk(path: string | null): void {
    if (path === null) return;
    for (const [folder, { check }] of this.#spaces) {
      if (pathWithin(folder, path) !== null) check.changed();
    }
  }

  /** The settings are others. */
  allChanged(): void {
    for (const { check } of this.#spaces.values()) check.changed();
  }

  /** The check of the Space that a file belongs to; null for a file of another project. */
  checkOf(path: string): SpaceCheck | null {
    return this.#spaceOf(path)?.check ?? null;
  }

  close(): void {
    for (const { check } of this.#spaces.values()) check.close();
  }

  /** The Space of a file; once found it stays one, whatever is typed into its README. */
  #spaceOf(path: string): OpenSpace | null {
    const known = [...this.#spaces]
      .filter(([folder]) => pathWithin(folder, path) !== null)
      .sort(([a], [b]) => b.length - a.length)[0];
    const folder = spaceFolderOf(path, this.#ports.roots(), this.#documents);
    if (known && (folder === null || folder.length <= known[0].length)) return known[1];
    return folder === null ? null : this.#open(folder);
  }

  #open(folder: string): OpenSpace {
    const { options, usersPlatform, askPython, onBug } = this.#ports;
    const check = new SpaceCheck(folder, {
      files: editedFiles(folder, this.#documents),
      options,
      usersPlatform,
      askPython,
      onChecked: (checked) => this.#publish(opened, checked),
      onBug,
    });
    const opened: OpenSpace = { check, published: new Map(), lenses: '' };
    this.#spaces.set(folder, opened);
    return opened;
  }

  #publish(space: OpenSpace, checked: Checked): void {
    const { folder } = space.check;
    const found = new Map(
      [...diagnosticsOf(checked)].map(([file, list]) => [join(folder, file), list] as const),
    );
    const open = [...this.#documents.all()].filter(({ path }) => pathWithin(folder, path) !== null);
    const paths = new Set([...found.keys(), ...space.published.keys(), ...open.map((o) => o.path)]);
    for (const path of paths) {
      const diagnostics = [...(found.get(path) ?? [])];
      const document = this.#documents.at(path);
      const about = document ? { version: document.version } : {};
      const text = JSON.stringify([about, diagnostics]);
      if (space.published.get(path) === text) continue;
      if (diagnostics.length === 0 && !document) space.published.delete(path);
      else space.published.set(path, text);
      const uri = document?.uri ?? uriOf(path);
      this.#ports.publish({ uri, ...about, diagnostics });
    }
    this.#compareLenses(space, checked, open);
  }

  #compareLenses(space: OpenSpace, checked: Checked, open: readonly OpenDocument[]): void {
    const { folder } = space.check;
    const files = open.map(({ path }) => pathWithin(folder, path) ?? '');
    const lenses = JSON.stringify(files.map((file) => lensesOf(checked, file, null)));
    if (lenses === space.lenses) return;
    space.lenses = lenses;
    this.#ports.lensesChanged();
  }
}
