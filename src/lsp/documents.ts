/** The documents that an editor has open: their text goes before what is on disk. */
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { SourceText } from '../space/index.js';
import { decodeSource } from '../space/text.js';
import { pathOf } from './places.js';

export interface OpenDocument {
  readonly uri: string;
  /** Absolute. */
  readonly path: string;
  readonly version: number;
  /** The same object until the text changes. */
  readonly source: SourceText;
}

export class Documents {
  readonly #byPath = new Map<string, OpenDocument & { readonly text: TextDocument }>();

  /** @returns the document; null for one that is not a file */
  open(uri: string, language: string, version: number, content: string): OpenDocument | null {
    return this.#keep(TextDocument.create(uri, language, version, content));
  }

  change(
    uri: string,
    version: number,
    changes: readonly TextDocumentContentChangeEvent[],
  ): OpenDocument | null {
    const before = this.at(pathOf(uri));
    if (!before) return null;
    return this.#keep(TextDocument.update(before.text, [...changes], version));
  }

  close(uri: string): string | null {
    const path = pathOf(uri);
    if (path !== null) this.#byPath.delete(path);
    return path;
  }

  at(path: string | null): (OpenDocument & { readonly text: TextDocument }) | undefined {
    return path === null ? undefined : this.#byPath.get(path);
  }

  all(): Iterable<OpenDocument> {
    return this.#byPath.values();
  }

  #keep(text: TextDocument): OpenDocument | null {
    const path = pathOf(text.uri);
    if (path === null) return null;
    // Through bytes, as it will be saved: half a surrogate pair is not text on disk either.
    const source = decodeSource(Buffer.from(text.getText(), 'utf8'));
    const document = { uri: text.uri, path, version: text.version, source, text };
    this.#byPath.set(path, document);
    return document;
  }
}
