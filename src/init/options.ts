import { type HubAddress, type HubName, isHubName, parseHubName } from '../hub/names.js';
import { parseBytes } from '../shared/bytes.js';
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
  readonly editor?: string;
  readonly git?: boolean;
  readonly yes?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly here?: boolean;
  readonly from?: string;
  readonly maxDownload?: string;
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
  readonly editor: string | undefined;
  readonly git: boolean | undefined;
  readonly yes: boolean;
  readonly list: boolean;
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly here: boolean;
  /** The Space on the Hub to copy; null for a template. */
  readonly from: HubName | HubAddress | null;
  /** Bytes; null for no explicit limit. */
  readonly maxDownloadBytes: number | null;
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
      why: '--here adds what is missing and changes nothing; --force replaces your files.',
      fix: 'zerogpu init --here',
    });
  }
  const from = raw.from === undefined ? null : parseFrom(raw.from, raw);
  if (from === null && raw.maxDownload !== undefined) {
    throw new UserError('E_USAGE', '--max-download is for --from', {
      why: 'A template downloads nothing.',
      fix: 'zerogpu init --from hf:OWNER/NAME',
    });
  }
  return {
    from,
    maxDownloadBytes:
      raw.maxDownload === undefined ? null : parseBytes(raw.maxDownload, '--max-download'),
    template: raw.template,
    name: raw.name?.trim(),
    platform: raw.platform,
    gradio: raw.gradio,
    torch: raw.torch,
    license: raw.license,
    ci: raw.ci,
    editor: raw.editor,
    git: raw.git,
    yes: raw.yes ?? false,
    list: raw.list ?? false,
    json: raw.json ?? false,
    dryRun: raw.dryRun ?? false,
    force: raw.force ?? false,
    here: raw.here ?? false,
  };
}

/** What a copy has no question for: its files say it. */
const OF_TEMPLATES = [
  ...(['template', 'name', 'platform', 'gradio', 'torch', 'license', 'ci', 'editor'] as const),
];

/** @throws UserError E_USAGE for no name of a Space, or flags that say what its files say */
function parseFrom(text: string, raw: RawInitOptions): HubName | HubAddress {
  const flags = [...OF_TEMPLATES, 'here', 'list'] as const;
  const other = flags.find((flag) => raw[flag] !== undefined);
  if (other !== undefined) {
    throw new UserError('E_USAGE', `--from and --${other} do not go together`, {
      why: '--from copies a Space as it is.',
      fix: `zerogpu init --from ${text}`,
    });
  }
  // The scheme may be left out: nothing else can be meant here.
  return parseHubName(isHubName(text) ? text : `hf:${text}`);
}
