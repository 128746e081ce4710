/** Tests give the same whoever runs them: an agent's variables would change what is printed. */
import { AGENT_VARIABLES } from '../../src/shared/agent.js';

for (const name of AGENT_VARIABLES) delete process.env[name];
