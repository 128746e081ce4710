import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

/**
 * Which folders a folder may import from (docs/architecture.md). Longest match first; a folder may
 * always import from itself.
 */
const MAY_IMPORT: readonly (readonly [folder: string, allowed: readonly string[]])[] = [
  ['shared', []],
  ['platform', ['shared']],
  ['allocator/core', ['platform', 'shared']],
  [
    'allocator/server',
    ['allocator/core', 'allocator/store', 'allocator/client', 'gpu', 'platform', 'shared'],
  ],
  ['allocator/store', ['allocator/core', 'platform', 'shared']],
  ['allocator/client', ['platform', 'shared']],
  ['gpu', ['platform', 'shared']],
  ['space', ['platform', 'shared']],
  ['config', ['shared']],
  ['update', ['shared']],
  ['hub', ['platform', 'shared']],
  ['gateway', ['allocator', 'platform', 'shared']],
  ['python-env', ['space', 'shared']],
  ['cluster/placement', []],
  ['cluster', ['allocator', 'platform', 'shared']],
  ['simulate', ['cluster/placement', 'allocator/core', 'platform', 'shared']],
  ['lifecycle', ['allocator/client', 'shared']],
  ['call', ['lifecycle', 'allocator', 'platform', 'shared']],
  ['load', ['simulate', 'call', 'lifecycle', 'allocator', 'platform', 'shared']],
  ['estimate', ['call', 'hub', 'lifecycle', 'platform', 'shared']],
  ['doctor', ['run', 'python-env', 'allocator/client', 'shared']],
  ['init', ['hub', 'space', 'platform', 'shared']],
  ['agents', ['platform', 'shared']],
  ['explain', ['check', 'shared']],
  ['lsp', ['explain', 'check', 'config', 'space', 'platform', 'shared']],
  [
    'mcp',
    [
      'agents',
      'call',
      'estimate',
      'lifecycle',
      'explain',
      'check',
      'tui',
      'allocator',
      'space',
      'platform',
      'shared',
    ],
  ],
  ['check', ['config', 'hub', 'space', 'platform', 'shared']],
  ['web', ['lifecycle', 'tui', 'allocator', 'platform', 'shared']],
  ['tui', ['allocator/client', 'hub', 'platform', 'shared']],
  ['run/console', ['run/allocator', 'allocator/core', 'platform', 'shared']],
  ['run/state', ['run/console', 'allocator/core', 'allocator/store', 'platform', 'shared']],
  ['run/app', ['run/options', 'platform', 'shared']],
  ['run/otlp', ['run/console', 'allocator/core', 'shared']],
  ['run/debug', ['shared']],
  ['run/options', ['run/hub', 'allocator', 'platform', 'shared']],
  ['run/hub', ['hub', 'gateway', 'python-env', 'allocator', 'space', 'platform', 'shared']],
  ['run/cluster', ['cluster', 'allocator', 'platform', 'shared']],
  ['run/allocator', ['run/options', 'allocator', 'gpu', 'platform', 'shared']],
  [
    'run',
    [
      'cluster',
      'web',
      'lifecycle',
      'gateway',
      'python-env',
      'allocator',
      'hub',
      'tui',
      'gpu',
      'space',
      'platform',
      'shared',
    ],
  ],
  [
    'cli',
    [
      'agents',
      'call',
      'cluster',
      'load',
      'estimate',
      'lifecycle',
      'doctor',
      'hub',
      'init',
      'run',
      'simulate',
      'tui',
      'web',
      'explain',
      'lsp',
      'mcp',
      'check',
      'config',
      'update',
      'allocator',
      'gpu',
      'space',
      'python-env',
      'platform',
      'shared',
    ],
  ],
];

/** Folders with one entrance: who imports from outside names its `index.ts`. */
const WITH_ENTRANCE = [
  'console',
  'state',
  'app',
  'options',
  'hub',
  'allocator',
  'debug',
  'watch',
  'web',
  'cluster',
].map((name) => `run/${name}`);

/** Lists that stand once, in src/platform/tiers.ts: a second copy goes stale when a tier is added. */
const TIER_LIST = /'anonymous'\s*[|,]\s*'free'\s*[|,]\s*'pro'|'large'\s*[|,]\s*'xlarge'/;

/** Node modules that the pure core must not touch. */
const IMPURE = /^(node:|undici|execa|jose|commander)/;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
  /** Without those of `import()`, which names the one file that it loads. */
  readonly staticImports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => {
    const text = readFileSync(join(src, path), 'utf8');
    const imports = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(
      (match) => match[1] ?? '',
    );
    const staticImports = [...text.matchAll(/from\s*'([^']+)'/g)].map((match) => match[1] ?? '');
    return { path, text, imports, staticImports };
  });

function folderOf(path: string): readonly [string, readonly string[]] | undefined {
  return MAY_IMPORT.find(([folder]) => path.startsWith(`${folder}/`));
}

describe('architecture', () => {
  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files.filter(({ path }) => !folderOf(path)).map(({ path }) => path)).toEqual([]);
  });

  it('lets no folder import outwards', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => specifier.startsWith('.') && !specifier.endsWith('.json'))
        .map((specifier) => relative(src, resolve(src, dirname(path), specifier)))
        .filter((target) => {
          const [folder, allowed] = folderOf(path) ?? ['', []];
          return ![folder, ...allowed].some((name) => target.startsWith(`${name}/`));
        })
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('imports each folder below src/run through its index', () => {
    const past = files.flatMap(({ path, staticImports }) =>
      staticImports
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => relative(src, resolve(src, dirname(path), specifier)))
        .filter((target) =>
          WITH_ENTRANCE.some(
            (folder) =>
              target.startsWith(`${folder}/`) &&
              !path.startsWith(`${folder}/`) &&
              target !== `${folder}/index.js`,
          ),
        )
        .map((target) => `${path} imports ${target}`),
    );
    expect(past).toEqual([]);
    const entrances = files.filter(({ path }) =>
      WITH_ENTRANCE.some((folder) => path === `${folder}/index.ts`),
    );
    expect(entrances).toHaveLength(WITH_ENTRANCE.length);
  });

  it('has in an index.ts exports of other files, or the list of what its folder holds', () => {
    const indexes = files.filter(({ path }) => /(^|\/)index\.tsx?$/.test(path));
    expect(indexes.length).toBeGreaterThan(20);
    const logic = indexes.filter(({ text }) =>
      /\b(function|class|new|interface) \w|=>|^export type \w/m.test(stripComments(text)),
    );
    expect(logic.map(({ path }) => path)).toEqual([]);
  });

  it('keeps the allocator core pure', () => {
    const core = files.filter(({ path }) => path.startsWith('allocator/core/'));
    expect(core.length).toBeGreaterThan(3);
    const impure = core.flatMap(({ path, text, imports }) => [
      ...imports.filter((specifier) => IMPURE.test(specifier)).map((name) => `${path}: ${name}`),
      ...(/\b(async|await|Math\.random|new Date|setTimeout|performance)\b/.test(stripComments(text))
        ? [`${path}: time, chance or async`]
        : []),
    ]);
    expect(impure).toEqual([]);
  });

  it.each([
    ['Date.now', /\bDate\.now\(/, ['shared/clock.ts']],
    ['process.exit', /\bprocess\.exit\(/, ['cli/entry.ts']],
    ['console', /(?<![.\w])console\.(log|error|warn|info|debug)\(/, []],
    ['a non-null assertion', /[\w)\]]!(\.|\[|;|,|\))/, []],
    ['any', /:\s*any\b|as any\b/, []],
  ] as const)('uses %s nowhere but where it belongs', (_name, pattern, allowed) => {
    const found = files
      .filter(({ path }) => !(allowed as readonly string[]).includes(path))
      .filter(({ path, text }) => {
        // `console` in src/run is the RunConsole port, which has a warn of its own.
        const code = stripComments(text);
        return pattern.test(path.startsWith('run/') ? code.replaceAll('console.warn(', '') : code);
      })
      .map(({ path }) => path);
    expect(found).toEqual([]);
  });

  it('starts an allocator without a framework: it has to serve again at once after a crash', () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const walk = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      const text = files.find((file) => file.path === path)?.text ?? '';
      // Types cost nothing, and what `import()` names is loaded on demand.
      for (const [, words = '', name = ''] of text.matchAll(
        /^(?:import|export) ([^;]*?)from '([^']+)'/gm,
      )) {
        if (words.startsWith('type ')) continue;
        if (!name.startsWith('.')) packages.add(name);
        else walk(relative(src, resolve(src, dirname(path), name.replace(/\.js$/, '.ts'))));
      }
    };
    walk('run/serve-allocator.ts');
    expect(seen.size).toBeGreaterThan(40);
    const own = [...packages].filter((name) => !name.startsWith('node:'));
    expect(own.sort()).toEqual(['jose', 'zod']);
  });

  it('has the lists of tiers and sizes once', () => {
    const copies = files
      .filter(
        ({ path, text }) => path !== 'platform/tiers.ts' && TIER_LIST.test(stripComments(text)),
      )
      .map(({ path }) => path);
    expect(copies).toEqual([]);
  });

  it('has no file that does two things', () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter(({ lines }) => lines > 320);
    expect(long).toEqual([]);
  });
});

function stripComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
}

describe('the bundle', () => {
  it('has of zod what is used: `import { z }` would bring every language of its messages', () => {
    const wrong = files.filter(({ text }) => /import \{ z \} from 'zod'/.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
