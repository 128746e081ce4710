import { UserError } from '../shared/errors.js';
import { titleProblem } from './answers.js';

/** What commander hands over. */
export interface RawInitOptions {
  readonly template?: string;
  readonly name?: string;
  readonly platform?: string;
  readonly gradio?: string;
  readonly torch?: string;
  readonly license?: string;
  readonly ci?: string;
  readonly git?: boolean;
  readonly yes?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly here?: boolean;
}

/** One `zerogpu init`; what is undefined is to be asked, or taken by default. */
export interface InitOptions {
  readonly template: string | undefined;
  readonly name: string | undefined;
  readonly platform: string | undefined;
  readonly gradio: string | undefined;
  readonly torch: string | undefined;
  readonly license: string | undefined;
  readonly ci: string | undefined;
  readonly git: boolean | undefined;
  readonly yes: boolean;
  readonly list: boolean;
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly here: boolean;
}

/** @throws UserError E_USAGE for flags that do not go together, or a name that is none */
export function parseInitOptions(raw: RawInitOptions): InitOptions {
  const problem = raw.name === undefined ? undefined : titleProblem(raw.name);
  if (problem) {
    throw new UserError('E_USAGE', `--name is ${JSON.stringify(raw.name)}, which can't be used`, {
      why: problem,
      fix: '--name "My Space"',
    });
  }
  if (raw.here && raw.force) {
    throw new UserError('E_USAGE', '--here and --force do not go together', {
      why: '--here adds what is missing and changes nothing; --force replaces files of yours.',
      fix: 'zerogpu init --here',
    });
  }
  return {
    template: raw.template,
    name: raw.name?.trim(),
    platform: raw.platform,
    gradio: raw.gradio,
    torch: raw.torch,
    license: raw.license,
    ci: raw.ci,
    git: raw.git,
    yes: raw.yes ?? false,
    list: raw.list ?? false,
    json: raw.json ?? false,
    dryRun: raw.dryRun ?? false,
    force: raw.force ?? false,
    here: raw.here ?? false,
  };
}
