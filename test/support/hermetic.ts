/** Tests give the same whoever runs them: an agent's variables and the user's settings would change what is printed. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AGENT_VARIABLES } from '../../src/shared/agent.js';

for (const name of AGENT_VARIABLES) delete process.env[name];
process.env['XDG_CONFIG_HOME'] = join(tmpdir(), `zerogpu-test-settings-${process.pid}`);
