/** One function of a Space whose worker comes and goes: it calls again and again, well-behaved or not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Visitor } from '../../../src/allocator/core/types.js';
import { patiently, type Story } from '../allocator/story.js';
import type { SoakHost } from './host.js';
import type { Random } from './random.js';

export const ASKED_SECONDS = 1;

export interface SoakStory extends Story {
  /** When a worker that did not release was gone. */
  diedAt: number | null;
}

export interface Counts {
  calls: number;
  granted: number;
  queued: number;
  left: number;
  overran: number;
  doubleReleases: number;
  strangers: number;
}

export class Caller {
  private worker: ChildProcess | null = null;
  private readonly controller = new AbortController();

  constructor(
    private readonly host: SoakHost,
    private readonly task: number,
    private readonly random: Random,
    private readonly counts: Counts,
    private readonly stories: SoakStory[],
    private readonly complaints: string[],
  ) {}

  /** The process that may hold a slice now. */
  get process(): ChildProcess | null {
    return this.worker;
  }

  stop(): void {
    this.controller.abort();
  }

  async run(): Promise<void> {
    while (!this.controller.signal.aborted) await this.call();
    this.worker?.kill('SIGKILL');
  }

  private async call(): Promise<void> {
    const { random, counts } = this;
    counts.calls += 1;
    const tier = random.pick(['pro', 'free'] as const) ?? 'pro';
    const visitor: Visitor = { key: `${tier}:v${counts.calls}`, tier, hasToken: true };
    const story: SoakStory = {
      visitor: visitor.key,
      startedAfter: null,
      startedBefore: null,
      releaseSent: null,
      releaseTold: null,
      diedAt: null,
    };
    this.stories.push(story);
    const sentMs = performance.now();
    const grant = await this.schedule(visitor);
    if (grant === null) return void (await sleep(random.between(5, 60)));
    counts.granted += 1;
    const allowToken = String(grant['allowToken']);
    let hasBegun = grant['idle'] === true && this.isAlive();
    if (hasBegun) story.startedAfter = sentMs;
    else {
      if (!this.isAlive()) this.worker = spawn('sleep', ['600'], { stdio: 'ignore' });
      story.startedAfter = performance.now();
      // Some workers die before they say that they are there.
      if (random.oneIn(40)) this.worker?.kill('SIGKILL');
      const answer = await this.patiently('allow', { allowToken, pid: this.worker?.pid ?? 0 });
      hasBegun = answer?.status === 200;
    }
    story.startedBefore = performance.now();
    if (!hasBegun) return;
    if (random.oneIn(25)) await this.overrun(story);
    else await this.work(story, allowToken);
  }

  private isAlive(): boolean {
    return this.worker !== null && this.worker.exitCode === null && this.worker.signalCode === null;
  }

  private async work(story: SoakStory, allowToken: string): Promise<void> {
    const { random, counts } = this;
    await sleep(random.between(2, 60));
    if (random.oneIn(20)) {
      counts.strangers += 1;
      const stranger = await this.patiently('release', { allowToken: `no${allowToken}` });
      if (stranger && stranger.status !== 404) {
        this.complaints.push(`a stranger's release was told ${stranger.status}`);
      }
    }
    story.releaseSent = performance.now();
    const fail = random.oneIn(10) ? 'true' : 'false';
    const told = await this.patiently('release', { allowToken, fail });
    if (told?.status !== 200 && told?.status !== 204) return;
    story.releaseTold = performance.now();
    if (!random.oneIn(15)) return;
    counts.doubleReleases += 1;
    const again = await this.patiently('release', { allowToken, fail });
    if (again && again.status !== told.status) {
      this.complaints.push(`${story.visitor}: released ${told.status}, and again ${again.status}`);
    }
  }

  /** Says nothing more: the deadline has to end it. */
  private async overrun(story: SoakStory): Promise<void> {
    this.counts.overran += 1;
    const { worker } = this;
    if (!worker) return;
    const gone = new Promise<void>((resolve) => {
      if (!this.isAlive()) resolve();
      worker.once('exit', () => resolve());
    });
    await Promise.race([gone, sleep(30_000)]);
    if (!this.isAlive()) story.diedAt = performance.now();
  }

  /** The grant, straight or out of the queue; null when there is none. */
  private async schedule(visitor: Visitor): Promise<Record<string, unknown> | null> {
    const { host, random, counts } = this;
    const leaving = new AbortController();
    const query = new URLSearchParams({
      cgroupPath: host.spaces[this.task % host.spaces.length] ?? '',
      taskId: String(this.task),
      token: await host.daemon.sign(visitor),
      durationSeconds: String(ASKED_SECONDS),
    });
    try {
      const { signal } = leaving;
      const url = `${host.daemon.url}/schedule?${query}`;
      const response = await fetch(url, { method: 'POST', signal });
      if (response.status !== 200) return null;
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
        return (await response.json()) as Record<string, unknown>;
      }
      counts.queued += 1;
      if (random.oneIn(8)) {
        counts.left += 1;
        setTimeout(() => leaving.abort(), random.between(0, 30));
      }
      const data = /^event: succeeded\ndata: (.*)$/m.exec(await response.text())?.[1];
      return data === undefined ? null : JSON.parse(data);
    } catch {
      // The allocator went away, or this client did: an unread grant ends by itself.
      return null;
    }
  }

  private patiently(path: 'allow' | 'release', query: Record<string, string | number>) {
    return patiently(() => this.host.daemon.url, path, query, 200);
  }
}
