/** supervise.py for real: codes and signals pass through, and nothing outlives the lifeline. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sweepProcesses } from '../../../src/run/state/sweep.js';
import { processesOfRun, runMark } from '../../../src/shared/process-marks.js';
import { identifyProcess, readProcessStat } from '../../../src/shared/process-table.js';
import {
  markedPids,
  PYTHON,
  SUPERVISOR,
  type Supervised,
  supervise,
  superviseApp,
  temporaryFolder,
} from '../../support/supervise.js';

/** What the promise is: two seconds after the lifeline's end nothing is left. */
const GONE_WITHIN_MS = 2_000;

/** Leaves processes behind in every way that a process can be left, then waits. */
const LEAVE_BEHIND = `
import os, signal, subprocess, sys, time

def linger():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(600)

subprocess.Popen(["sleep", "600"])
subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 600 & wait"], start_new_session=True)
if os.fork() == 0:
    linger()
if os.fork() == 0:
    # A daemon as of old: a session of its own, and an orphan of init.
    os.setsid()
    if os.fork() == 0:
        linger()
    os._exit(0)
os.wait()
print("ready", flush=True)
`;

async function ready(app: Supervised, processes = 1): Promise<void> {
  await expect.poll(app.text, { timeout: 5_000 }).toContain('ready');
  await expect
    .poll(() => markedPids(app.mark).length, { timeout: 5_000 })
    .toBeGreaterThanOrEqual(processes);
}

async function expectNothingLeft(app: Supervised): Promise<void> {
  await expect.poll(() => markedPids(app.mark), { timeout: GONE_WITHIN_MS }).toEqual([]);
}

describe('the code of the app', () => {
  it.each([
    ['pass', 0],
    ['raise SystemExit(7)', 7],
    ['raise SystemExit(255)', 255],
    ['raise RuntimeError("boom")', 1],
    ['import os; os.kill(os.getpid(), 9)', 137],
    ['import os; os.abort()', 134],
    ['import os, signal; os.kill(0, signal.SIGTERM)', 143],
  ])('of `%s` is passed on as %d', async (source, code) => {
    expect(await superviseApp(source).ended).toEqual({ code, signal: null });
  });

  it('is 127 of a program that is not there, and 2 of arguments that are no use', async () => {
    const missing = supervise(['--command', '--', '/no/such/program']);
    expect(await missing.ended).toMatchObject({ code: 127 });
    expect(missing.text()).toMatch(/^zerogpu: could not start \/no\/such\/program: /);
    for (const args of [[], ['--'], ['--nonsense', '--', 'app.py']]) {
      const wrong = supervise(args);
      expect(await wrong.ended).toMatchObject({ code: 2 });
      expect(wrong.text()).toMatch(/^zerogpu: usage: supervise\.py --lifeline-fd N/);
    }
  });

  it('comes although it leaves processes behind, which end with it', async () => {
    const app = superviseApp(`${LEAVE_BEHIND}\nraise SystemExit(5)`);
    const { code } = await app.ended;
    expect(code).toBe(5);
    expect(markedPids(app.mark)).toEqual([]);
  });
});

describe('the app', () => {
  it('starts as the platform starts it: `python app.py` in the Space’s folder', async () => {
    const show = 'import os, sys; print(sys.argv, os.getcwd(), __file__, __name__)';
    const app = superviseApp(show, ['one', '--two']);
    await app.ended;
    const dir = realpathSync(app.cwd);
    expect(app.text()).toBe(`['app.py', 'one', '--two'] ${dir} ${dir}/app.py __main__\n`);
  });

  it('leads a session, knows its own pid, and can’t see the lifeline', async () => {
    const app = superviseApp(`
import os
print(os.getsid(0) == os.getpid(), os.environ["ZEROGPU_APP_PID"] == str(os.getpid()))
print(sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:4])`);
    await app.ended;
    // 3 is the listing itself.
    expect(app.text()).toBe('True True\n[0, 1, 2, 3]\n');
    expect(app.text()).not.toContain('zerogpu:');
  });

  it('gets signals with their usual meaning, whatever the supervisor does with them', async () => {
    const app = superviseApp(`
import signal
print([signal.getsignal(n) == signal.SIG_DFL for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)])
print(signal.getsignal(signal.SIGINT) == signal.default_int_handler)`);
    await app.ended;
    expect(app.text()).toBe('[True, True, True]\nTrue\n');
  });

  it('may be any program with --command', async () => {
    const command = supervise(['--command', '--', 'sh', '-c', 'echo out; exit 3']);
    expect(await command.ended).toMatchObject({ code: 3 });
    expect(command.text()).toBe('out\n');
  });
});

describe('signals', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
    ['SIGUSR1', 138],
  ] as const)('such as %s reach the app, which ends with %d', async (name, code) => {
    // Without handlers: a shell, so that SIGINT raises no KeyboardInterrupt.
    const app = supervise(['--command', '--', 'sh', '-c', 'echo ready; exec sleep 600']);
    await ready(app, 2);
    app.child.kill(name);
    expect(await app.ended).toEqual({ code, signal: null });
  });

  it('are the app’s to handle, and its code then counts', async () => {
    const app = superviseApp(`
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))
print("ready", flush=True)
time.sleep(600)`);
    await ready(app);
    app.child.kill('SIGTERM');
    expect(await app.ended).toEqual({ code: 42, signal: null });
  });

  it('do not end a supervisor whose app ignores them; the lifeline does', async () => {
    const app = superviseApp(`
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)`);
    await ready(app);
    app.child.kill('SIGTERM');
    await sleep(200);
    expect(markedPids(app.mark)).toHaveLength(3);
    app.lifeline.destroy();
    expect(await app.ended).toEqual({ code: 137, signal: null });
    await expectNothingLeft(app);
  });
});

describe('the end of the lifeline', () => {
  it('takes everything with it: children, sessions, daemons, the deaf', async () => {
    const app = superviseApp(`${LEAVE_BEHIND}\ntime.sleep(600)`);
    await ready(app, 7);
    app.lifeline.destroy();
    await expectNothingLeft(app);
    expect(await app.ended).toEqual({ code: 137, signal: null });
  });

  it('outruns an app that forks without end', async () => {
    const app = superviseApp(`
import os, time
print("ready", flush=True)
while True:
    time.sleep(0.005)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    os.wait()`);
    await ready(app, 20);
    app.lifeline.destroy();
    await expectNothingLeft(app);
    await sleep(200);
    expect(markedPids(app.mark)).toEqual([]);
  });

  it('takes a stopped app with it', async () => {
    const app = superviseApp(
      'import os, signal\nprint("ready", flush=True)\nos.kill(os.getpid(), signal.SIGSTOP)',
    );
    await ready(app, 2);
    app.lifeline.destroy();
    await expectNothingLeft(app);
  });

  it('is not any word on it: only its end counts', async () => {
    const app = superviseApp('import time\nprint("ready", flush=True)\ntime.sleep(600)');
    await ready(app);
    app.lifeline.write('still here\n'.repeat(1_000));
    await sleep(200);
    expect(markedPids(app.mark)).toHaveLength(3);
    app.lifeline.end();
    await expectNothingLeft(app);
  });

  it('comes with kill -9 of the process that holds it', async () => {
    const mark = `ZEROGPU_TEST_MARK=${process.pid}-holder`;
    const [name = '', value = ''] = mark.split('=');
    const app = join(temporaryFolder(), 'app.py');
    const holder = spawn(
      process.execPath,
      [
        '-e',
        `const { spawn } = require('node:child_process');
         const { writeFileSync } = require('node:fs');
         const [python, supervisor, app, source] = process.argv.slice(1);
         writeFileSync(app, source);
         const args = [supervisor, '--lifeline-fd', '3', '--', app];
         const options = { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'pipe'] };
         const env = { ...process.env, ${name}: '${value}', PYTHONUNBUFFERED: '1' };
         spawn(python, args, { ...options, env });`,
        PYTHON,
        SUPERVISOR,
        app,
        `${LEAVE_BEHIND}\ntime.sleep(600)`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void holder.kill('SIGKILL'));
    let text = '';
    holder.stdout.on('data', (part) => {
      text += part;
    });
    await expect.poll(() => text, { timeout: 5_000 }).toContain('ready');
    await expect.poll(() => markedPids(mark).length).toBeGreaterThanOrEqual(7);
    holder.kill('SIGKILL');
    await expect.poll(() => markedPids(mark), { timeout: GONE_WITHIN_MS }).toEqual([]);
  });
});

/** What survived before: deaf, orphaned, in a session of its own, without an environment. */
const BARE_DAEMON = `
import os, signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    daemon = subprocess.Popen(["sleep", "600"], env={}, start_new_session=True)
    open("daemon", "w").write(str(daemon.pid))
    os._exit(0)
os.wait()
print("ready", flush=True)
time.sleep(600)`;

const daemonOf = (app: Supervised) => Number(readFileSync(join(app.cwd, 'daemon'), 'utf8'));
const parentOf = (pid: number) => readProcessStat(pid)?.parentPid;

describe('a supervisor that is killed itself', () => {
  it.each(['guard', 'keeper'] as const)(
    'such as the %s takes everything with it, a daemon without an environment included',
    async (which) => {
      const app = superviseApp(BARE_DAEMON);
      await ready(app, 3);
      const guard = app.child.pid ?? 0;
      const keeper = markedPids(app.mark).find((pid) => parentOf(pid) === guard) ?? 0;
      const daemon = daemonOf(app);
      expect(identifyProcess(daemon)).not.toBeNull();
      process.kill(which === 'guard' ? guard : keeper, 'SIGKILL');
      const ended = await app.ended;
      expect(ended).toEqual(
        which === 'guard' ? { code: null, signal: 'SIGKILL' } : { code: 137, signal: null },
      );
      await expectNothingLeft(app);
      await expect.poll(() => identifyProcess(daemon), { timeout: GONE_WITHIN_MS }).toBeNull();
    },
  );

  it('together with the other one leaves a mark on what is left', async () => {
    const runId = randomBytes(8).toString('hex');
    const app = superviseApp(BARE_DAEMON, [], ['--mark', String(runMark(runId))]);
    await ready(app, 3);
    const guard = app.child.pid ?? 0;
    const keeper = markedPids(app.mark).find((pid) => parentOf(pid) === guard) ?? 0;
    const daemon = daemonOf(app);
    for (const pid of [guard, keeper]) process.kill(pid, 'SIGSTOP');
    for (const pid of [guard, keeper]) process.kill(pid, 'SIGKILL');
    await expect.poll(() => markedPids(app.mark)).toEqual([]);
    expect(processesOfRun(runId).map(({ pid }) => pid)).toEqual([daemon]);
    await sweepProcesses(runId);
    expect(identifyProcess(daemon)).toBeNull();
  });
});

describe('a program in the foreground', () => {
  it('stays in the session of its terminal, and nothing of it is left either', async () => {
    const script = 'echo session $(cut -d" " -f6 /proc/$$/stat); sleep 600 & echo ready; wait';
    const command = supervise(['--command', '--foreground', '--', 'sh', '-c', script]);
    await ready(command, 4);
    const own = readFileSync('/proc/self/stat', 'latin1').split(' ')[5];
    expect(command.text()).toContain(`session ${own}\n`);
    command.child.kill('SIGTERM');
    expect(await command.ended).toEqual({ code: 143, signal: null });
    await expectNothingLeft(command);
  });
});
