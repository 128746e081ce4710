/** A command that is declared alone is the same as in the whole tree. */
import { expect, it } from 'vitest';
import { programOfDocs } from '../support/command-reference.js';

/** `config` knows the flags of `run`; the others list commands. */
const LOOK_AT_OTHERS = ['completion', 'config', 'help', 'mcp', 'skills'];

it('each command has the same help with and without the others', () => {
  const whole = programOfDocs();
  for (const command of whole.commands) {
    const name = command.name();
    const alone = programOfDocs(name);
    const same = alone.commands.find((one) => one.name() === name);
    expect(same?.helpInformation(), name).toBe(command.helpInformation());
    const isSmall = alone.commands.length < whole.commands.length;
    expect(isSmall, name).toBe(!LOOK_AT_OTHERS.includes(name));
  }
});
