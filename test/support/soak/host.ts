/** The allocator under soak, with the faults that befall it. Time of this process, in milliseconds. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QuotaAccount } from '../../../src/allocator/core/types.js';
import { ledgerPath, readLedger } from '../../../src/allocator/store/index.js';
import { descendantsOf, identifyProcess } from '../../../src/shared/process-table.js';
import { type Daemon, startDaemon } from '../allocator/daemon.js';

export interface Usage {
  readonly rssBytes: number;
  readonly descriptors: number;
  /** The daemon and what it has started, threads included. */
  readonly threads: number;
  /** Accounts that it keeps: each until the window of its quota is over. */
  readonly visitors: number;
}

export class SoakHost {
  daemon!: Daemon;
  /** When no allocator could answer or kill: from, to. */
  readonly outages: [number, number][] = [];

  private isOver = false;

  constructor(
    private readonly stateDir: string,
    readonly slices: number,
    readonly spaces: readonly string[],
  ) {}

  async start(): Promise<void> {
    this.daemon = await startDaemon(this.stateDir, ['--gpus', String(this.slices)]);
    for (const id of this.spaces) await this.register(id);
  }

  /** A machine that does much else may keep a daemon that has just started from answering in time. */
  private async register(id: string, triesLeft = 6): Promise<void> {
    const space = {
      id,
      name: id.slice(1).replaceAll('/', '-'),
      owner: { name: 'ada', kind: 'pro' },
      tasksSocket: '/nowhere',
      root: identifyProcess(process.pid),
    } as const;
    await this.daemon.client.register(space).catch((error: unknown) => {
      if (triesLeft === 0) throw error;
      return this.register(id, triesLeft - 1);
    });
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

  async usage(): Promise<Usage> {
    const pid = this.daemon.child.pid ?? 0;
    const { visitors } = await this.daemon.client.snapshot({ queue: 0, visitors: 0 });
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      rssBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1_024,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      threads: readdirSync(`/proc/${pid}/task`).length + descendantsOf(pid).length,
      visitors: visitors.total,
    };
  }

  /**
   * Ends the daemon and reads every account from its ledger, all at once: asking for one after the other took
   * longer than the attack itself on a busy machine.
   */
  async endAndRead(): Promise<ReadonlyMap<string, QuotaAccount>> {
    await this.end();
    const { state } = readLedger(ledgerPath(join(this.stateDir, 'ledgers/serve')));
    if (state === null) throw new Error('the ledger is empty');
    return state.accounts;
  }

  async end(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    this.daemon.client.close();
    this.daemon.child.kill('SIGTERM');
    await this.daemon.ended;
  }
}
