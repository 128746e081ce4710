import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import * as z from 'zod';

/** What a `template.json` says of the template beside it. */
export const manifestSchema = z.strictObject({
  title: z.string().min(1),
  /** One line for lists. */
  summary: z.string().min(1),
  /** Profiles that it is made for. */
  platforms: z.array(z.string()).min(1),
  /** Oldest releases that its code works with. */
  minimum: z.strictObject({ gradio: z.string(), torch: z.string() }),
  /** Flags that `zerogpu run` should have. */
  run: z.array(z.string()),
  /** What it needs of the machine, beside Python. */
  needs: z.string().optional(),
  /** Whether it brings a workflow for CI unless somebody says otherwise. */
  ci: z.enum(['github', 'none']).optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** A file with its path relative to the Space, with slashes. */
export interface SpaceFile {
  readonly path: string;
  readonly content: string;
}

export interface Template extends Manifest {
  readonly name: string;
  readonly files: readonly SpaceFile[];
}

const MANIFEST = 'template.json';

/** Every template below a folder, by name; `hello`, the one to begin with, comes first. */
export async function readTemplates(dir: string): Promise<readonly Template[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const templates = await Promise.all(names.map((name) => readTemplate(join(dir, name), name)));
  const rank = ({ name }: Template) => (name === 'hello' ? `0${name}` : `1${name}`);
  return templates.sort((a, b) => rank(a).localeCompare(rank(b)));
}

async function readTemplate(dir: string, name: string): Promise<Template> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(dir, MANIFEST), 'utf8')));
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path !== MANIFEST && !path.includes('__pycache__'))
    .sort();
  const files = paths.map(async (path) => ({
    path,
    content: await readFile(join(dir, path), 'utf8'),
  }));
  return { ...manifest, name, files: await Promise.all(files) };
}
