/**
 * What `npm install zerogpu` brings: the project's own package, packed and unpacked, and everything with its
 * dependencies. Usage: node bench/package-size.mjs [--json]
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, temporaryFolder } from './support.mjs';

const folder = temporaryFolder('package');
const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: 'pipe' });
const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], ROOT));
const flags = ['--no-audit', '--no-fund', '--ignore-scripts'];
npm(['install', '--prefix', folder, ...flags, join(folder, packed.filename)], folder);

function bytesBelow(dir) {
  return readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return sum + bytesBelow(path);
    return entry.isFile() ? sum + statSync(path).size : sum;
  }, 0);
}
const modules = join(folder, 'node_modules');
const result = {
  packedMB: packed.size / 1e6,
  unpackedMB: packed.unpackedSize / 1e6,
  installedMB: bytesBelow(modules) / 1e6,
  packages: npm(['ls', '--all', '--parseable'], folder).trim().split('\n').length - 1,
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(
    `own package  ${result.packedMB.toFixed(1)} MB packed, ${result.unpackedMB.toFixed(1)} MB unpacked`,
  );
  console.log(`installed    ${result.installedMB.toFixed(0)} MB in ${result.packages} packages`);
}
