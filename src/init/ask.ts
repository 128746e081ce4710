/** The questions of `init` on a terminal; flags that were given are not asked again. */
import type { Readable, Writable } from 'node:stream';
import { confirm, isCancel, select, text } from '@clack/prompts';
import { DEFAULT_PROFILE, loadProfile, NEWEST_PROFILE } from '../platform/index.js';
import { printableLine } from '../shared/printable.js';
import {
  type Answers,
  checkCi,
  checkEditor,
  checkGradio,
  checkLicense,
  checkTorch,
  DEFAULT_LICENSE,
  DEFAULT_TEMPLATE,
  findProfile,
  findTemplate,
  OFFERED_LICENSES,
  titleOfFolder,
  titleProblem,
} from './answers.js';
import type { Template } from './manifest.js';
import type { InitOptions } from './options.js';
import { defaultTorch, gradioChoices, torchChoices } from './versions.js';

/** Where questions are asked, or null where no person can answer. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** The person pressed Ctrl-C or Escape. */
export class Cancelled extends Error {}

interface Context {
  readonly options: InitOptions;
  readonly templates: readonly Template[];
  /** Name of the folder, for a title. */
  readonly folder: string;
  /** What happens without a flag: not inside another repository. */
  readonly gitByDefault: boolean;
  /** The platform of the user's settings, for a template that is made for it; null for none. */
  readonly usersPlatform: string | null;
  /** Null takes the default of everything that no flag says. */
  readonly terminal: Terminal | null;
}

/**
 * Settles every answer, in the order in which they depend on each other.
 *
 * @throws Cancelled, UserError for a flag that can't be used
 */
export async function collectAnswers(context: Context): Promise<Answers> {
  const { options, templates, terminal } = context;
  const template = findTemplate(
    templates,
    options.template ?? (await choose(terminal, 'Template', templateItems(templates), 'hello')),
  );
  const title = options.name ?? (await ask(terminal, 'Name', titleOfFolder(context.folder)));
  const wanted = [context.usersPlatform, DEFAULT_PROFILE, ...template.platforms];
  const first =
    wanted.find((name) => name !== null && template.platforms.includes(name)) ?? DEFAULT_PROFILE;
  const profile = findProfile(
    template,
    options.platform ??
      (await choose(terminal, 'Platform', platformItems(template.platforms), first)),
  );
  const gradios = gradioChoices(template, profile);
  const torches = torchChoices(template, profile);
  return {
    template,
    title,
    profile,
    gradio: checkGradio(
      template,
      profile,
      options.gradio ?? (await choose(terminal, 'Gradio', plain(gradios), gradios[0] ?? '')),
    ),
    torch: checkTorch(
      template,
      profile,
      options.torch ??
        (await choose(terminal, 'PyTorch', plain(torches), defaultTorch(template, profile) ?? '')),
    ),
    license: checkLicense(
      options.license ??
        (await choose(terminal, 'Licence', plain(OFFERED_LICENSES), DEFAULT_LICENSE)),
    ),
    ci: checkCi(
      options.ci ??
        ((await yes(terminal, CI_QUESTION, template.ci === 'github')) ? 'github' : 'none'),
    ),
    editor: checkEditor(options.editor ?? 'none'),
    git: options.git ?? (await yes(terminal, 'A git repository?', context.gitByDefault)),
  };
}

const CI_QUESTION = 'A GitHub Actions workflow that checks and tests it?';

interface Item {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

function templateItems(templates: readonly Template[]): readonly Item[] {
  return templates.map(({ name, summary }) => ({ value: name, label: name, hint: summary }));
}

/** Each with its date, and with the default named: the platform that a Space is for decides its versions. */
function platformItems(names: readonly string[]): readonly Item[] {
  return names.map((name) => {
    const { title, asOf } = loadProfile(name);
    const hint = `${title}, ${asOf}${name === NEWEST_PROFILE ? ', what visitors meet today' : ''}`;
    return { value: name, label: name, hint };
  });
}

function plain(values: readonly string[]): readonly Item[] {
  return values.map((value) => ({ value, label: value }));
}

async function choose(
  terminal: Terminal | null,
  message: string,
  items: readonly Item[],
  initialValue: string,
): Promise<string> {
  // A question with one answer is none.
  if (terminal === null || items.length === 1) return initialValue || DEFAULT_TEMPLATE;
  return taken(
    await select({
      message,
      options: items.map(({ value, label, hint }) => ({
        value,
        label: printableLine(label),
        ...(hint === undefined ? {} : { hint: printableLine(hint) }),
      })),
      initialValue,
      ...terminal,
    }),
  );
}

async function ask(terminal: Terminal | null, message: string, fallback: string): Promise<string> {
  if (terminal === null) return fallback;
  const shown = printableLine(fallback);
  const answer = await text({
    message,
    placeholder: shown,
    defaultValue: shown,
    validate: (given) => (given ? titleProblem(given) : undefined),
    ...terminal,
  });
  const given = taken(answer).trim();
  return given === '' || given === shown ? fallback : given;
}

async function yes(
  terminal: Terminal | null,
  message: string,
  initialValue: boolean,
): Promise<boolean> {
  if (terminal === null) return initialValue;
  return taken(await confirm({ message, initialValue, ...terminal }));
}

function taken<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new Cancelled('cancelled');
  return answer as Exclude<T, symbol>;
}
