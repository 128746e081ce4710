/** The app of a run: started below its supervisors, found when it answers, and gone with the run. */
import { join } from 'node:path';
import { askPackedBytes } from '../allocator/server/task-names.js';
import { createHider } from '../lifecycle/redact.js';
import type { PythonEnvironment } from '../python-env/index.js';
import { runMark } from '../shared/process-marks.js';
import { runtimePythonDir } from '../shared/runtime-python.js';
import { listenerUid, openPortsBelow, portsAnsweredBelow } from '../shared/tcp-table.js';
import {
  type AppProcess,
  type AppProcessOptions,
  appEnvironment,
  atTheGateway,
  isOwnChoice,
  packedBytesIn,
  packedReport,
  type RestartableApp,
  type Standby,
  startApp,
  waitForStart,
} from './app/index.js';
import type { RunConsole } from './console/index.js';
import type { RunContext, RunParts } from './run-context.js';
import { sweepProcesses } from './state/index.js';

/** How long an app that packs may take to name the exact size. */
const PACKED_ANSWER_MS = 2_000;

/** The program that lets nothing outlive us. */
export const supervisorFile = () => join(runtimePythonDir(), 'supervise.py');

/** What the app is started with; one of its own for each process. */
export function launchOf(
  context: RunContext,
  parts: RunParts,
  python: PythonEnvironment,
): AppProcessOptions {
  const { console, world, options } = context;
  const { space, gateway, runId } = parts;
  const packed = packedWeights(context, parts);
  return {
    python: python.python,
    supervisor: supervisorFile(),
    appFile: space.appFile,
    mark: runMark(runId),
    cwd: space.dir,
    env: environmentOf(context, parts, python),
    hide: createHider(options.variables),
    onLine(line, stream) {
      void packed.see(line);
      console.app(
        atTheGateway(line, gateway.upstreamPort ?? parts.upstreamPort, new URL(gateway.url).host),
        stream,
      );
    },
    sink: world.stderr,
  };
}

/** @param standby what has been started ahead; used where it is what is wanted now */
export function startSpace(
  launch: AppProcessOptions,
  { allocator, gateway }: RunParts,
  standby: Standby,
): AppProcess {
  const app = standby.take(launch) ?? startApp(launch);
  // Whoever takes its port then is not to get what visitors send.
  void app.exited.then(() => gateway.setUpstreamPort(null));
  if (app.root) allocator.started(app.root);
  return app;
}

/**
 * Where the app notes what it imports; null for a run without standby. With `--debug` there is none: the debugger
 * listens from the first moment of the app's process on, at the port that the app before has.
 */
export function importsFileOf(
  { options }: Pick<RunContext, 'options'>,
  { folder }: Pick<RunParts, 'folder'>,
): string | null {
  const hasStandby = options.watch && options.preload && options.debug === null;
  return hasStandby ? join(folder.dir, 'imports.jsonl') : null;
}

/** What the app gets. */
export function environmentOf(
  { world, options }: RunContext,
  { folder, allocator, gateway, runId, ...parts }: RunParts,
  { python }: PythonEnvironment,
): Record<string, string> {
  return appEnvironment({
    base: world.env,
    variables: options.variables,
    python,
    deviceApiUrl: allocator.deviceUrl,
    cgroupFile: folder.cgroupFile,
    offloadDir: folder.offloadDir,
    runDir: folder.dir,
    runId,
    upstreamPort: parts.upstreamPort,
    publicHost: new URL(gateway.url).host,
    spaceId: parts.spaceId,
    pythonPath: [runtimePythonDir(), ...allocator.device.pythonPath],
    backend: allocator.device.environment,
    debugFile: parts.debug?.settingsFile ?? null,
    importsFile: importsFileOf({ options }, { folder }),
    login: parts.loginEnvironment,
  });
}

/** Reports the size of what is packed, once for each start of the app. */
function packedWeights({ console }: RunContext, { allocator, folder }: RunParts) {
  let isReported = false;
  return {
    /** The package shows its progress from the first byte on: the exact size is asked for then. */
    async see(line: string): Promise<void> {
      const about = isReported ? null : packedBytesIn(line);
      if (about === null) return;
      isReported = true;
      const bytes = await askPackedBytes(folder.tasksSocket, PACKED_ANSWER_MS);
      const report = packedReport(bytes || about, allocator.rules.profile);
      console.progress(report.line);
      for (const warning of report.warnings) console.warn(warning);
    },
  };
}

/** Whatever way the run ends, nothing of the app outlives it. */
export function stopWithTheRun(
  { console, world, cleanup }: RunContext,
  { runId }: RunParts,
  app: RestartableApp,
  standby: Standby,
): void {
  cleanup.add('the app', async () => {
    await Promise.all([app.stop(), standby.stop()]);
    await sweepProcesses(runId);
  });
  world.onForced(() => {
    console.stopping('Stopping at once.');
    app.current?.kill();
    standby.kill();
  });
}

/**
 * @param given aborted when this start is given up
 * @throws the signal's reason when it is interrupted or given up; UserError E_APP_CRASHED,
 *   E_APP_SILENT, E_NO_GPU_FUNCTION
 */
export async function untilReady(
  { options, console, world }: RunContext,
  parts: RunParts,
  app: AppProcess,
  given: AbortSignal,
): Promise<void> {
  const port = await waitForStart(
    app,
    {
      givenPort: parts.upstreamPort,
      ownPorts: () => (app.root ? portsAnsweredBelow(app.root.pid) : []),
      reported: parts.allocator.reported,
      isOpen: () => listenerUid(parts.upstreamPort) !== null,
      decorated: parts.labels.learn,
    },
    options,
    AbortSignal.any([world.interrupted, given]),
  );
  if (options.allowNoGpuFunction && !(await parts.allocator.reported())) {
    console.warn('No @spaces.GPU function detected during startup: ZeroGPU stops such a Space');
  }
  // An allocator of this process has made them known already; that of `zerogpu serve` keeps them to itself.
  await parts.labels.learn();
  parts.gateway.setUpstreamPort(port);
  warnOfOpenPorts(console, app);
  if (isOwnChoice(port, parts.upstreamPort)) {
    console.warn(
      `the app chose port ${port} itself; on the platform only 7860 (or none given) works`,
    );
  }
}

/** The hooks keep on loopback what Python binds through `socket`; other ways past it are at least named. */
function warnOfOpenPorts(console: RunConsole, app: AppProcess): void {
  const open = app.root ? openPortsBelow(app.root.pid) : [];
  if (open.length === 0) return;
  console.warn(
    `the Space listens on ${open.join(', ')}: other machines may reach that past the gateway (docs/security.md)`,
  );
}
