/** The allocator under soak, with the faults that befall it. Time of this process, in milliseconds. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess } from '../../../src/shared/process-table.js';
import { type Daemon, startDaemon } from '../allocator/daemon.js';

export interface Usage {
  readonly rssBytes: number;
  readonly descriptors: number;
}

export class SoakHost {
  daemon!: Daemon;
  /** When no allocator could answer or kill: from, to. */
  readonly outages: [number, number][] = [];

  constructor(
    private readonly stateDir: string,
    readonly slices: number,
    readonly spaces: readonly string[],
  ) {}

  async start(): Promise<void> {
    this.daemon = await startDaemon(this.stateDir, ['--gpus', String(this.slices)]);
    for (const id of this.spaces) {
      await this.daemon.client.register({
        id,
        name: id.slice(1).replaceAll('/', '-'),
        owner: { name: 'ada', kind: 'pro' },
        tasksSocket: '/nowhere',
        root: identifyProcess(process.pid),
      });
    }
  }

  async killAndRestart(): Promise<void> {
    const from = performance.now();
    this.daemon.child.kill('SIGKILL');
    await this.daemon.ended;
    this.daemon.client.close();
    await this.start();
    this.outages.push([from, performance.now()]);
  }

  async freeze(ms: number): Promise<void> {
    const from = performance.now();
    this.daemon.child.kill('SIGSTOP');
    await sleep(ms);
    this.daemon.child.kill('SIGCONT');
    this.outages.push([from, performance.now()]);
  }

  /** Milliseconds of that time in which the allocator was down or frozen. */
  outageWithin(fromMs: number, toMs: number): number {
    return this.outages.reduce(
      (sum, [from, to]) => sum + Math.max(0, Math.min(to, toMs) - Math.max(from, fromMs)),
      0,
    );
  }

  usage(): Usage {
    const status = readFileSync(`/proc/${this.daemon.child.pid}/status`, 'utf8');
    return {
      rssBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1_024,
      descriptors: readdirSync(`/proc/${this.daemon.child.pid}/fd`).length,
    };
  }

  async end(): Promise<void> {
    this.daemon.client.close();
    this.daemon.child.kill('SIGTERM');
    await this.daemon.ended;
  }
}
