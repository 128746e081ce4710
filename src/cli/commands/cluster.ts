import { type Command, Option } from 'commander';
import type { RawClusterOptions, RawSpacesOptions } from '../../cluster/view/index.js';
import type { World } from '../../shared/world.js';
import { readEnvironmentTwins, twin } from '../env-twins.js';

const NODES_EXAMPLES = `
Examples
  export ZEROGPU_CLUSTER=redis://store.example:6379
  zerogpu nodes                      every GPU host with its load
  zerogpu nodes drain gpu-1          no further Space starts there
  zerogpu nodes undrain gpu-1

docs/cluster.md says what a cluster is.`;

const SPACES_EXAMPLES = `
Examples
  zerogpu spaces --node gpu-1        the Spaces of one node
  zerogpu spaces place ada/chat      prints the node where its visitors wait least
  ssh "$(zerogpu spaces place ada/chat)" zerogpu run --detach --owner ada chat

A Space is a process of its host: whoever runs the hosts starts it on the node that place prints.`;

/** Declares `zerogpu nodes` and `zerogpu spaces`; the work is done in src/cluster. */
export function declareCluster(
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
): void {
  const load = () => import('../../cluster/view/index.js');
  const settle = (command: Command, isAnswer = true): Command => {
    command.addOption(twin('--cluster <url>', 'store of the cluster: redis://HOST:PORT'));
    if (isAnswer) {
      command
        .addOption(new Option('--json', 'one object'))
        .addOption(new Option('--format <kind>', 'table, json, agent'));
    }
    readEnvironmentTwins(command, world.env);
    command.copyInheritedSettings(program);
    return command;
  };

  const nodes = program
    .command('nodes')
    .description('Show the GPU hosts of a cluster, or drain one.')
    .addHelpText('after', NODES_EXAMPLES);
  settle(nodes).action(async (raw: RawClusterOptions) => {
    setExitCode(await (await load()).nodes(raw, world));
  });
  for (const [name, description, isDrained] of [
    ['drain', 'Let no further Space start on a node; those there go on.', true],
    ['undrain', 'Let Spaces start on a node again.', false],
  ] as const) {
    const command = nodes.command(name).description(description).argument('<node>');
    settle(command, false).action(async (node: string, _, { parent }: Command) => {
      const raw = { ...parent?.opts(), ...command.opts() };
      setExitCode(await (await load()).drainNode(node, isDrained, raw, world));
    });
  }

  const spaces = program
    .command('spaces')
    .description('Show the Spaces of a cluster, or find a node for one.')
    .addHelpText('after', SPACES_EXAMPLES)
    .addOption(new Option('--node <name>', 'those of one node alone'));
  settle(spaces).action(async (raw: RawSpacesOptions) => {
    setExitCode(await (await load()).spaces(raw, world));
  });
  const place = spaces
    .command('place')
    .description('Print the node on which a Space should start, and expect it there.')
    .argument('<space>', 'OWNER/NAME, free:OWNER/NAME or org:OWNER/NAME');
  settle(place).action(async (space: string, _, { parent }: Command) => {
    const raw = { ...parent?.opts(), ...place.opts() };
    setExitCode(await (await load()).placeSpace(space, raw, world));
  });
}
