/**
 * The performance claims: one each, with its goal, its peer and the bench that measures it. A figure is `met` when
 * its value is on the right side of its goal.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const two = (value) => Number(value.toFixed(2));
const atMost = (name, value, goal, unit = '') => ({
  ...{ name, value: `${two(value)}${unit}`, goal: `≤ ${goal}${unit}`, isMet: value <= goal },
});
const atLeast = (name, value, goal, unit = '') => ({
  ...{ name, value: `${two(value)}${unit}`, goal: `≥ ${goal}${unit}`, isMet: value >= goal },
});
/** A figure that is there to be compared. */
const beside = (name, value, unit = '') => ({
  ...{ name, value: `${two(value)}${unit}`, goal: null, isMet: null },
});
const bench =
  (file, ...args) =>
  ({ node, root }) => [node, join(root, 'bench', file), ...args];
const pythonBench =
  (file, ...args) =>
  ({ python, root }) => [python, join(root, 'bench', file), ...args];

const isOnPath = (name) => spawnSync('which', [name]).status === 0;
const lacks = (...names) => names.filter((name) => !isOnPath(name)).join(', ') || null;
const needsPython = ({ python }) =>
  python ? null : 'a Python with gradio, spaces and torch: npm test';
const hasModules = (python, modules) => spawnSync(python, ['-c', `import ${modules}`]).status === 0;
/** Where the packages of a virtual environment are. */
function sitePackages(python) {
  const lib = join(dirname(dirname(python)), 'lib');
  const name = readdirSync(lib).find((entry) => /^python3/.test(entry)) ?? '';
  return join(lib, name, 'site-packages');
}
const X = ' ×';

export const claims = [
  {
    id: 'startup',
    claim: 'The command line starts as fast as Node',
    peer: '`node -e 0`',
    command: bench('startup.mjs', '15'),
    why: [
      'What is left is Node: its loader of ES modules, its streams, and 120 kB of source with the parser of command lines.',
      'The help is one file in dist, and the command line declares its own command only.',
    ].join(' '),
    figures: ({ versionRatio, helpRatio }) => [
      atMost('`zerogpu --version`', versionRatio, 1.3, X),
      atMost('`zerogpu run --help`', helpRatio, 1.3, X),
    ],
  },
  {
    id: 'check',
    claim: '`check` of a Space',
    peer: '`node -e 0`, pyflakes over the same files',
    needs: ({ python }) =>
      needsPython({ python }) ??
      lacks('pyflakes')?.replace('pyflakes', 'pyflakes: pip install pyflakes'),
    command: ({ node, python, root }) => [
      ...[node, join(root, 'bench/check.mjs'), '--pyflakes', 'pyflakes', '--rounds', '7'],
      ...['--sources', sitePackages(python)],
    ],
    figures: ({ one, ...rest }) => [
      atMost('one file', one.node.ratio, 2.6, X),
      atMost('second run, nothing changed', one.second.ms / one.node.ms, 1.6, X),
      ...Object.values(rest)
        .filter((part) => part?.files)
        .flatMap(({ files, megabytes, times }) => [
          atMost(
            `${files} files, ${megabytes.toFixed(1)} MB, against pyflakes`,
            times.pyflakes.ratio,
            0.8,
            X,
          ),
          ...(files > 300 ? [atMost(`${files} files`, times.check.ms / 1000, 1.5, ' s')] : []),
        ]),
    ],
  },
  {
    id: 'calls',
    claim: 'A whole call at the allocator: schedule, allow, release',
    peer: 'three requests to a bare `node:http` server, answers of the same size',
    command: bench('allocator/http.mjs', '7', '2'),
    why: [
      'A call here verifies a token, decides by quota and queue, keeps a record for the control API and, at `/allow`, looks up the process in /proc; the peer answers with fixed bytes.',
    ].join(' '),
    figures: ({ memoryRatio }) => [atLeast('in memory', memoryRatio, 0.8, X)],
  },
  {
    id: 'durable',
    claim: 'A durable call, each step on disk before its answer',
    peer: 'Redis 7 with AOF always (one Lua script a step), PostgreSQL (SKIP LOCKED), BullMQ',
    needs: () =>
      lacks('redis-server', 'psql')?.replace('psql', 'PostgreSQL (Debian: postgresql)') ?? null,
    command: bench('allocator/ledger.mjs', '5', '2'),
    why: [
      'A call here has three steps with an answer each (`/schedule`, `/allow`, `/release`: the protocol of `spaces`), over HTTP, and each answer waits for the disk.',
      'Redis and PostgreSQL do it in two over a protocol of their own. A step cannot be left out: after a crash a grant without its `/allow` is another state than one with it.',
    ].join(' '),
    // A call has three steps here, each with an answer of its own, and two there.
    figures: ({ ratios }) => [
      atLeast('a step against one Lua script of Redis', (ratios['redis lua'] * 3) / 2, 0.7, X),
      atLeast('a call: three steps against two of PostgreSQL', ratios.postgresql, 1.5, X),
      atLeast('a call: three steps against a job of BullMQ', ratios.bullmq, 2, X),
    ],
  },
  {
    id: 'streams',
    claim: '10,000 waiting visitors, and deadlines while 1,000 wait',
    peer: 'the same `/schedule` with none that waits',
    command: bench('allocator/waiting.mjs', '10000'),
    figures: ({ waiting, deadlines }) => [
      atMost('memory of a stream', waiting.eachKiB, 25, ' KiB'),
      atMost('one core, while nothing happens', waiting.cpuPercent, 10, ' %'),
      atMost(
        'p99 of a new `/schedule` among them',
        waiting.schedulesAmongP99Ms / waiting.schedulesAloneP99Ms,
        3,
        X,
      ),
      atMost('kill at the deadline, p99 late', deadlines.signalLateMsP99, 10, ' ms'),
    ],
  },
  {
    id: 'restart',
    claim: '`serve` answers again after kill -9 with 100,000 events',
    peer: '`node -e 0`',
    command: bench('allocator/restart.mjs', '9'),
    figures: ({ ratio }) => [atMost('until it serves', ratio, 3, X)],
  },
  {
    id: 'gateway',
    claim: 'The gateway, which also identifies visitors and signs their tokens',
    peer: 'http-proxy 1, httpxy',
    command: bench('gateway.mjs', '7', '2'),
    why: [
      'On two cores the client and the app take the larger part of the time, for every proxy alike.',
      "The figures of the proxy's own processor time leave them out; of that, the two writes to sockets that a request needs are two fifths.",
    ].join(' '),
    figures: ({ timesHttpProxy, timesHttpxy, cpuTimesHttpProxy, cpuTimesHttpxy }) => [
      atLeast('requests a second against http-proxy', timesHttpProxy, 1.2, X),
      atLeast('requests a second against httpxy', timesHttpxy, 1.2, X),
      atLeast(
        'requests for a second of its processor, against http-proxy',
        cpuTimesHttpProxy,
        1.2,
        X,
      ),
      atLeast('requests for a second of its processor, against httpxy', cpuTimesHttpxy, 1.2, X),
    ],
  },
  {
    id: 'warm-call',
    claim: 'A warm GPU call through gateway and allocator',
    peer: 'the same app without ZeroGPU',
    needs: needsPython,
    command: pythonBench('warm-call.py', '60'),
    figures: ({ moreMs }) => [atMost('more than without', moreMs, 30, ' ms')],
  },
  {
    id: 'start-space',
    claim: 'A Space under `run` answers its first page',
    peer: 'the same app started plainly',
    needs: needsPython,
    command: pythonBench('start-space.py', '7'),
    figures: ({ ratio }) => [atMost('start', ratio, 1.3, X)],
  },
  {
    id: 'watch',
    claim: 'From a save to an app that answers, under `run --watch`',
    peer: "the Space's own code in a process that has imported everything; the same with `--no-preload`",
    needs: ({ python }) =>
      needsPython({ python }) ??
      (hasModules(python, 'diffusers') ? null : 'diffusers in that Python'),
    command: ({ node, python, root }) => [
      ...['env', `PYTHON=${python}`, node, join(root, 'bench/watch.mjs'), '5'],
    ],
    figures: ({ hello, diffusers }) => [
      atMost(
        `\`hello\` (without preload ${two(hello.coldSeconds)} s)`,
        ...[hello.aheadSeconds, 1.2, ' s'],
      ),
      atMost(
        `diffusers with a tiny model, against its own code (${two(diffusers.aheadSeconds)} s, without preload ${two(diffusers.coldSeconds)} s)`,
        ...[diffusers.timesOwn, 1.5, X],
      ),
      atLeast('`hello` against `--no-preload`', hello.timesCold, 3, X),
      atMost('memory of the waiting process, `hello`', hello.standbyMiB, 600, ' MiB'),
    ],
  },
  {
    id: 'emulated',
    claim: 'PyTorch on the emulated GPU',
    peer: 'PyTorch on the CPU, same models and weights',
    needs: needsPython,
    command: pythonBench('emulated-cuda.py', '7'),
    figures: ({ models }) =>
      Object.entries(models).map(([name, { ratio }]) =>
        atMost(name, ratio, /generate/.test(name) ? 2 : 1.3, X),
      ),
  },
  {
    id: 'simulate',
    claim: '`simulate` of M/M/8 with two priority classes, by the allocator’s own core',
    peer: 'SimPy, Ciw, cimba: a bare priority queue',
    needs: ({ python }) =>
      needsPython({ python }) ??
      (hasModules('python3', 'simpy, ciw')
        ? null
        : 'simpy and ciw: python3 -m pip install simpy ciw'),
    command: bench('simulate/run.mjs', '--rounds', '5'),
    why: [
      "Each call is three steps of the allocator's own core, with quota, reservation, place and record: about 10 µs in a long run, where SimPy's bare queue takes about 12 µs; in this one the start counts as well.",
      'Twenty times SimPy would be 0.6 µs a call: that needs a second implementation of the rules beside the core, which could decide otherwise than the server does. cimba compiles a model of its own kind to machine code.',
    ].join(' '),
    figures: ({ timesSimPy, timesCiw, timesCimba }) => [
      atLeast('against SimPy', timesSimPy, 20, X),
      atLeast('against Ciw', timesCiw, 30, X),
      ...(timesCimba === null ? [] : [beside('against cimba, ten times the calls', timesCimba, X)]),
    ],
  },
  {
    id: 'million',
    claim: 'A simulated day of 1,000,000 visitors with quotas, tiers, ageing and xlarge',
    peer: 'none: an absolute goal',
    command: bench('simulate/million.mjs'),
    figures: ({ wallSeconds, peakMiB }) => [
      atMost('one day', wallSeconds, 60, ' s'),
      atMost('memory', peakMiB, 1_024, ' MiB'),
    ],
  },
  {
    id: 'cluster-store',
    claim: 'The quota store of a cluster: reserve, begin and settle of a call',
    peer: 'ioredis alone, calling the same functions of the same server',
    needs: () => (lacks('valkey-server') && lacks('redis-server')) || null,
    command: bench('cluster-store.mjs', '15', '1'),
    figures: ({ ratio, p99Ms, bytesPerAccount, accounts, callsPerSecond, server }) => [
      atLeast(`calls (${callsPerSecond.ours} a second, ${server})`, ratio, 0.8, X),
      atMost('99th percentile of a call', p99Ms.ours / p99Ms.raw, 1.25, X),
      atMost(`memory of an account, at ${accounts}`, bytesPerAccount, 300, ' bytes'),
    ],
  },
  {
    id: 'cluster-hosts',
    claim: 'Whole calls on four allocators of one cluster',
    peer: 'one allocator of it',
    needs: () => (lacks('valkey-server') && lacks('redis-server')) || null,
    command: bench('cluster-hosts.mjs', '5', '3'),
    why: 'Allocators, store and the client that asks them share the cores of one machine here: when one allocator keeps them busy, more allocators have nothing to run on.',
    figures: ({ ratio, callsPerSecond, busyCores, cores }) => [
      atLeast(
        `calls (${callsPerSecond.one} a second on one, with ${Math.round(busyCores.one * 100)} % of ${cores} cores busy)`,
        ...[ratio, 3, X],
      ),
    ],
  },
  {
    id: 'package',
    claim: 'What `npm install zerogpu` brings',
    peer: 'none: an absolute goal',
    command: bench('package-size.mjs'),
    figures: ({ unpackedMB, packages, installedMB }) => [
      atMost(
        `own package, unpacked (with dependencies ${installedMB.toFixed(0)} MB in ${packages})`,
        ...[unpackedMB, 15, ' MB'],
      ),
    ],
  },
  {
    id: 'editor',
    claim: 'The language server, over a Space of 30 files',
    peer: 'none: an absolute goal',
    command: bench('lsp.mjs'),
    figures: ({ firstMs, keyMs }) => [
      atMost('first diagnostics', firstMs.p50, 500, ' ms'),
      atMost('keystroke to diagnostics, p95', keyMs.p95, 100, ' ms'),
    ],
  },
  {
    id: 'console',
    claim: 'The console in the browser, with 1,000 calls and 5,000 visitors',
    peer: 'none: an absolute goal',
    needs: () => lacks('chromium'),
    command: bench('console.mjs', '30'),
    figures: ({ scriptKB, frameMs }) => [
      atMost('its script, gzipped', scriptKB, 60, ' KB'),
      atMost('one frame in Chromium, median', frameMs, 50, ' ms'),
    ],
  },
];
