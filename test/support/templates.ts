import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const TEMPLATES = resolve(import.meta.dirname, '../../templates');

/** The parts of a template.json that tests ask for; src/init has its schema. */
export interface TemplateFacts {
  readonly name: string;
  readonly dir: string;
  readonly run: readonly string[];
  readonly needs?: string;
  readonly platforms: readonly string[];
}

/** Every template that there is: a folder is a template. */
export const templates: readonly TemplateFacts[] = readdirSync(TEMPLATES)
  .filter((name) => !name.startsWith('.'))
  .map((name) => {
    const dir = join(TEMPLATES, name);
    return { name, dir, ...JSON.parse(readFileSync(join(dir, 'template.json'), 'utf8')) };
  });
