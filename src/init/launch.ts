/** VS Code's launch configuration for `zerogpu run --debug`. */
export const LAUNCH_PATH = '.vscode/launch.json';

/** Attaches to the app; its workers follow in sessions that the editor opens itself (debugpy's `subProcess`). */
export function launchConfiguration(): string {
  const configuration = {
    name: 'Attach to zerogpu run --debug',
    type: 'debugpy',
    request: 'attach',
    connect: { host: '127.0.0.1', port: 5678 },
    justMyCode: true,
  };
  return `${JSON.stringify({ version: '0.2.0', configurations: [configuration] }, null, 2)}\n`;
}
