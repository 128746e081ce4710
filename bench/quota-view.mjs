/**
 * What the live view costs with 1,000 queued calls and 5,000 visitors, one frame a second, on a
 * terminal of 120 x 40: processor time as a share of a core, and memory from minute to minute. The
 * allocator is a made-up one in a process of its own; its snapshots come over HTTP as the real ones
 * do. Needs tmux. Usage: node bench/quota-view.mjs [minutes] [--json]
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const minutes = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 10);
const folder = mkdtempSync(join(tmpdir(), 'zerogpu-bench-'));
const cache = join(root, 'node_modules/.cache/zerogpu-test');
const allocator = join(cache, `bench-${process.pid}.mjs`);
const { CI: _ci, ...withoutCi } = process.env;
const tmux = (...args) =>
  execFileSync('tmux', ['-S', join(folder, 's'), '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: { ...withoutCi, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
  });

/** Seconds of processor time and MB of memory of a process, from /proc. */
function usage(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    rssMb: Number(rss[1]) / 1_024,
  };
}
/** The view: the child of the shell of the terminal. */
function viewPid() {
  const shell = tmux('display', '-p', '#{pane_pid}').trim();
  const task = `/proc/${shell}/task/${shell}/children`;
  return readFileSync(task, 'utf8').trim().split(' ')[0];
}

await build({
  entryPoints: [join(root, 'test/support/tui/many-server.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  outfile: allocator,
});
const samples = [];
const server = spawn(process.execPath, [allocator, folder, '1000', '5000'], { stdio: 'ignore' });
try {
  tmux('-u', 'new-session', '-d', '-x', '120', '-y', '40', '-c', root, 'sh');
  const found = () => {
    try {
      return readdirSync(join(folder, 'allocators')).length > 0;
    } catch {
      return false;
    }
  };
  while (!found()) await sleep(100);
  tmux('send-keys', `node bin/zerogpu.js quota --state-dir ${folder}`, 'Enter');
  for (let tries = 0; !tmux('capture-pane', '-p').includes('Queue 1000'); tries++) {
    if (tries > 150) throw new Error(`no view came:\n${tmux('capture-pane', '-p')}`);
    await sleep(100);
  }
  const pid = viewPid();
  // The first seconds compile; what counts is what it costs to leave it open.
  await sleep(10_000);
  let before = { ...usage(pid), atMs: performance.now() };
  for (let minute = 1; minute <= minutes; minute++) {
    await sleep(60_000);
    const now = { ...usage(pid), atMs: performance.now() };
    const share = ((now.cpuSeconds - before.cpuSeconds) * 1_000) / (now.atMs - before.atMs);
    samples.push({ minute, cpuPercent: share * 100, rssMb: now.rssMb });
    before = now;
    if (!process.argv.includes('--json')) {
      console.log(
        `minute ${minute}  ${(share * 100).toFixed(1)} % of a core  ${now.rssMb.toFixed(0)} MB`,
      );
    }
  }
} finally {
  server.kill();
  spawnSync('tmux', ['-S', join(folder, 's'), 'kill-server']);
  rmSync(allocator, { force: true });
  rmSync(folder, { recursive: true, force: true });
}
if (process.argv.includes('--json')) console.log(JSON.stringify({ samples }));
