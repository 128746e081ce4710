import type { Command } from 'commander';
import { parseHubName } from '../hub/names.js';
import { askingHub, namesakeLine, spaceWordIn } from '../hub/space-word.js';
import { parseBytes } from '../shared/bytes.js';
import { confirmOn } from '../shared/confirm.js';
import type { World } from '../shared/world.js';

/** What the flags say about a Space to download. */
export interface DownloadFlags {
  readonly yes?: boolean;
  readonly maxDownload?: string;
}

/** @throws UserError E_USAGE */
export function consentOf({ yes, maxDownload }: DownloadFlags, world: World) {
  return {
    yes: yes ?? false,
    mostBytes: maxDownload === undefined ? null : parseBytes(maxDownload, '--max-download'),
    confirm: confirmOn(world),
  };
}

/**
 * Makes a folder of a Space on the Hub before anything looks at the folder: from then on the command runs
 * a folder like any other. Has to come before `readFileSettings`.
 */
export function bringNamedSpace(command: Command, world: World): void {
  command.hook('preAction', async () => {
    const [said] = command.processedArgs as [string];
    const word = spaceWordIn(world.cwd, said);
    const write = (line: string) => void world.stderr.write(`${line}\n`);
    const line = namesakeLine(word);
    if (line !== null) write(`  ${line}`);
    if (word.kind === 'folder') return;
    const flags = command.opts<DownloadFlags & { spaceId?: string; logFormat?: string }>();
    const consent = consentOf(flags, world);
    const name = parseHubName(word.name);
    const [{ placeHubSpace }, { createConsole }, { systemClock }] = await Promise.all([
      import('../run/hub/hub-space.js'),
      import('../run/console/console.js'),
      import('../shared/clock.js'),
    ]);
    const format = flags.logFormat === 'json' ? 'json' : 'text';
    const say = createConsole({ logFormat: format, ascii: true }, write, systemClock).progress;
    const { env, interrupted } = world;
    const { dir, id } = await askingHub(said, word, () =>
      placeHubSpace({ name, env, consent, say, interrupted }),
    );
    command.processedArgs[0] = dir;
    command.setOptionValueWithSource('hubSpace', id, 'cli');
    if (flags.spaceId === undefined) {
      // What was typed counts more than what the Space's own zerogpu.json says.
      command.setOptionValueWithSource('spaceId', id, 'cli');
    }
  });
}
