/**
 * How long `zerogpu --version` takes against a bare `node -e 0`: whole processes, in turn, the ratio
 * taken round by round. Usage: node bench/startup.mjs [rounds] [--json]
 */
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { median } from './support.mjs';

const rounds = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 15);
const commands = {
  node: ['-e', '0'],
  version: ['bin/zerogpu.js', '--version'],
  help: ['bin/zerogpu.js', 'run', '--help'],
};

function timeMs(args) {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return performance.now() - start;
}

for (const args of Object.values(commands)) timeMs(args);
const times = { node: [], version: [], help: [] };
for (let i = 0; i < rounds; i++) {
  for (const [name, args] of Object.entries(commands)) times[name].push(timeMs(args));
}
const ratio = (name) => median(times[name].map((ms, i) => ms / times.node[i]));
const result = {
  rounds,
  nodeMs: median(times.node),
  versionMs: median(times.version),
  versionRatio: ratio('version'),
  helpRatio: ratio('help'),
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(`node -e 0            ${result.nodeMs.toFixed(1)} ms (median of ${rounds})`);
  console.log(
    `zerogpu --version    ${result.versionMs.toFixed(1)} ms, ${result.versionRatio.toFixed(2)} x`,
  );
  console.log(`zerogpu run --help   ${result.helpRatio.toFixed(2)} x`);
}
