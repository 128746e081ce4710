/** The page of the console: what comes goes through the view model to the screen, and clicks go back. */
import { render } from 'preact';
import type { SnapshotVisitor } from '../../allocator/client/snapshot.js';
import type { Command, Message } from '../model/messages.js';
import {
  type Chosen,
  NOTHING_CHOSEN,
  NOTHING_RECEIVED,
  type Received,
  receive,
} from '../model/state.js';
import { consoleView, keyOf, meIn } from '../model/view.js';
import { App } from './app.js';
import './main.css';

/** This tab's visitor; another tab has its own. */
const AS = 'zerogpu-as';
const RETRY_MS = 1_000;
const NOTICE_MS = 8_000;

let received: Received = NOTHING_RECEIVED;
let chosen: Chosen = { ...NOTHING_CHOSEN, as: sessionStorage.getItem(AS) };
let isDrawing = false;

/** Draws once for all that comes before the next frame. */
function draw(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const root = document.getElementById('console');
    if (root) render(<App view={consoleView(received, chosen)} chosen={chosen} act={act} />, root);
  });
}

function choose(changes: Partial<Chosen>): void {
  chosen = { ...chosen, ...changes };
  draw();
  const { notice } = changes;
  if (notice && !notice.bad) setTimeout(() => forget(notice), NOTICE_MS);
}

/** A notice disappears after a while, unless another one has come. */
function forget(notice: Chosen['notice']): void {
  if (chosen.notice === notice) choose({ notice: null });
}

/** What the page's controls do. */
const act = {
  choose,
  be(as: string): void {
    sessionStorage.setItem(AS, as);
    choose({ as, asked: null, notice: { text: `This tab is ${as}.`, bad: false } });
    void askQuota();
  },
  async command(command: Command, done: string): Promise<void> {
    const answer = await fetch('command', { method: 'POST', body: JSON.stringify(command) }).catch(
      () => null,
    );
    if (answer?.ok) {
      choose({ notice: { text: done, bad: false } });
      if (command.do === 'advance' || command.do === 'reset') await askQuota();
      return;
    }
    choose({ notice: { text: await whyNot(answer), bad: true } });
  },
};
export type Act = typeof act;

async function whyNot(answer: Response | null): Promise<string> {
  const body = (await answer?.json().catch(() => null)) as { error?: string } | null;
  return body?.error ?? `zerogpu does not answer${answer ? ` (${answer.status})` : ''}`;
}

/** The quota of a visitor that is in no snapshot. */
async function askQuota(): Promise<void> {
  const as = meIn(received, chosen);
  const answer = await fetch(`visitor?as=${encodeURIComponent(as)}`).catch(() => null);
  if (!answer?.ok) return;
  const asked = (await answer.json()) as SnapshotVisitor;
  if (asked.visitor === keyOf(meIn(received, chosen))) choose({ asked });
}

function listen(): void {
  const source = new EventSource('stream');
  source.onmessage = ({ data }: MessageEvent<string>) => {
    const message = JSON.parse(data) as Message;
    received = receive(received, message);
    if (message.type === 'hello') void askQuota();
    draw();
  };
  source.onerror = () => {
    received = { ...received, link: 'lost' };
    draw();
    // A refusal ends the source for good; a lost connection is opened again by the browser.
    if (source.readyState !== EventSource.CLOSED) return;
    void tryAgain();
  };
}

/** After a restart of zerogpu the session continues; once it has ended, the page says so. */
async function tryAgain(): Promise<void> {
  const answer = await fetch('visitor?as=anonymous').catch(() => null);
  if (answer?.status === 401 || answer?.status === 403) {
    received = { ...received, link: 'shut-out' };
    draw();
    return;
  }
  setTimeout(listen, RETRY_MS);
}

listen();
draw();
