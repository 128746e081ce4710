export { readEnvFiles } from './read-env-files.js';
export { reportVariables } from './report.js';
