/** What the facts of a machine mean for each command. Pure. */
import { formatBytes } from '../shared/bytes.js';
import type { MachineFacts, PythonFound } from './facts.js';

export interface Diagnosis {
  readonly id: string;
  readonly status: 'ok' | 'info' | 'warn' | 'fail';
  /** One line, with the value that was found. */
  readonly text: string;
  /** The fix, or the line to type. */
  readonly fix: string | null;
}

export interface Verdict {
  readonly checks: readonly Diagnosis[];
  /** What works here, as it is typed. */
  readonly readyFor: readonly string[];
}

/** Oldest PyTorch that the emulated device works with (docs/emulated-cuda.md). */
const EMULATED_TORCH = [2, 4] as const;
/** Gradio of the platform. */
const OLDEST_GRADIO = [4, 0] as const;
const OLDEST_PYTHON = [3, 10] as const;
/** What most systems allow; a Space with its workers and the gateway opens some hundred. */
const ENOUGH_FILES = 1_024;
/** Gradio, PyTorch and one forked worker, without a model. */
const ENOUGH_MEMORY_BYTES = 2 * 1024 ** 3;
/** Clocks of file systems and of the system may differ by moments. */
const CLOCK_TOLERANCE_SECONDS = 60;

export function judge(facts: MachineFacts): Verdict {
  const python = usable(facts);
  const checks = [
    node(facts),
    system(facts),
    ...pythonChecks(facts, python),
    gpu(facts),
    port(facts),
    state(facts),
    openFiles(facts),
    clock(facts),
    memory(facts),
    compiler(facts),
    serve(facts),
  ];
  const failed = new Set(checks.filter(({ status }) => status === 'fail').map(({ id }) => id));
  const canRun = ['system', 'python', 'fork', 'state'].every((id) => !failed.has(id));
  return {
    checks,
    readyFor: [
      'check',
      ...(canRun ? ['run'] : []),
      ...(python?.packages?.torch && isAtLeast(python.packages.torch, EMULATED_TORCH)
        ? ['python']
        : []),
    ],
  };
}

/** The interpreter that `run` would take: recent enough, with the packages; else the first that runs. */
function usable({ pythons }: MachineFacts): PythonFound | null {
  const recent = pythons.filter(({ version }) => version && isAtLeast(version, OLDEST_PYTHON));
  const whole = recent.find(({ packages }) => packages?.gradio && packages.spaces);
  return whole ?? recent[0] ?? null;
}

function node({ node: version }: MachineFacts): Diagnosis {
  return ok('node', `Node ${version}`);
}

function system({ os, osRelease, arch }: MachineFacts): Diagnosis {
  const text = `${os} ${osRelease} ${arch}`;
  if (os === 'linux') return ok('system', text);
  return fail('system', `${text}: run needs Linux`, 'zerogpu explain E_OS_UNSUPPORTED');
}

function pythonChecks(facts: MachineFacts, python: PythonFound | null): readonly Diagnosis[] {
  if (python === null) return [noPython(facts)];
  const { version, command, origin, canFork } = python;
  return [
    ok('python', `Python ${version}  ${command} (${origin})`),
    ...packageChecks(python, facts),
    canFork === false
      ? fail('fork', `${command} can't fork workers`, 'a CPython of Linux')
      : ok('fork', 'workers can be forked'),
  ];
}

function noPython({ pythons, basePython }: MachineFacts): Diagnosis {
  if (basePython) {
    return info('python', `${basePython}: run makes an environment from it`, null);
  }
  const seen = pythons.map(({ command, version, reason }) => `${command} (${version ?? reason})`);
  const found = seen.length === 0 ? 'no python3 on PATH' : seen.join(', ');
  return fail('python', `no Python 3.10 or newer: ${found}`, 'install Python 3.10 or newer');
}

function packageChecks(python: PythonFound, facts: MachineFacts): readonly Diagnosis[] {
  const { command, packages } = python;
  if (!packages?.gradio || !packages.spaces) {
    const missing = ['gradio', 'spaces'].filter((name) => !packages?.[name as 'gradio' | 'spaces']);
    const how = facts.uv ? 'with uv' : 'with pip';
    return [
      info(
        'packages',
        `no ${missing.join(' and no ')} there: run makes an environment (${how})`,
        `${command} -m pip install ${missing.join(' ')}   (to use this Python as it is)`,
      ),
    ];
  }
  const { gradio, spaces, torch } = packages;
  return [
    isAtLeast(gradio, OLDEST_GRADIO)
      ? ok('gradio', `gradio ${gradio}`)
      : warn('gradio', `gradio ${gradio}: ZeroGPU needs 4 or newer`, pip(command, 'gradio>=4')),
    ok('spaces', `spaces ${spaces}`),
    torchCheck(torch, command),
  ];
}

function torchCheck(torch: string | null, command: string): Diagnosis {
  if (torch === null) return info('torch', 'no torch there', pip(command, 'torch'));
  if (isAtLeast(torch, EMULATED_TORCH)) return ok('torch', `torch ${torch}`);
  const needed = EMULATED_TORCH.join('.');
  const text = `torch ${torch}: the emulated GPU needs ${needed} or newer`;
  return warn('torch', text, pip(command, `torch>=${needed}`));
}

function gpu({ nvidia }: MachineFacts): Diagnosis {
  if (nvidia === 'none') return info('gpu', 'no NVIDIA GPU: Spaces run on the emulated one', null);
  if ('failed' in nvidia) {
    return warn('gpu', `nvidia-smi: ${nvidia.failed}`, 'fix the driver, or use --gpu mock');
  }
  const cards = nvidia.map(({ name, memory }) => `${name} (${memory})`).join(', ');
  return ok('gpu', `${cards}, driver ${nvidia[0]?.driver ?? 'unknown'}`);
}

function port({ port: { number, holder, free } }: MachineFacts): Diagnosis {
  if (free) return ok('port', `port ${number} is free`);
  const by = holder ?? 'another process';
  return info('port', `port ${number} is taken by ${by}: run takes the next free one`, null);
}

function state({ state: { dir, problem, fix } }: MachineFacts): Diagnosis {
  if (problem === null) return ok('state', `state folder ${dir} can be written, with direct I/O`);
  return fail('state', problem, fix);
}

function openFiles({ openFiles: limit }: MachineFacts): Diagnosis {
  if (limit === null) return info('files', 'the limit of open files is not known here', null);
  if (limit >= ENOUGH_FILES) return ok('files', `${limit} files may be open`);
  return warn('files', `only ${limit} files may be open`, `ulimit -n ${4 * ENOUGH_FILES}`);
}

function clock({ clockBehindSeconds, now }: MachineFacts): Diagnosis {
  if (clockBehindSeconds <= CLOCK_TOLERANCE_SECONDS) return ok('clock', `clock ${now}`);
  const text = `the clock (${now}) is behind files of earlier runs by ${Math.round(clockBehindSeconds)} s`;
  return warn('clock', text, 'set the clock: quota windows follow it');
}

function memory({ memoryBytes }: MachineFacts): Diagnosis {
  const text = `${formatBytes(memoryBytes)} of memory`;
  if (memoryBytes >= ENOUGH_MEMORY_BYTES) return ok('memory', text);
  return warn('memory', `${text}: models live there on the emulated GPU`, 'a machine with 4 GB');
}

function compiler({ compiler: path }: MachineFacts): Diagnosis {
  if (path) return ok('compiler', `C++ compiler ${path}`);
  const text = 'no C++ compiler: ahead-of-time compilation does not work here';
  return info('compiler', text, 'install g++ or clang++ if your Space uses spaces.aoti_*');
}

function serve({ serve: up }: MachineFacts): Diagnosis {
  if (up === null) return info('serve', 'no zerogpu serve: each run has its own allocator', null);
  return ok('serve', `zerogpu serve at ${up.url} (pid ${up.pid}): runs join it`);
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, theirs = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return ours > major || (ours === major && theirs >= minor);
}

function pip(command: string, requirement: string): string {
  return `${command} -m pip install '${requirement}'`;
}

const ok = (id: string, text: string): Diagnosis => ({ id, status: 'ok', text, fix: null });
const info = (id: string, text: string, fix: string | null): Diagnosis => ({
  ...{ id, status: 'info', text, fix },
});
const warn = (id: string, text: string, fix: string): Diagnosis => ({
  ...{ id, status: 'warn', text, fix },
});
const fail = (id: string, text: string, fix: string): Diagnosis => ({
  ...{ id, status: 'fail', text, fix },
});
