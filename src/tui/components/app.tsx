import { useSyncExternalStore } from 'react';
import type { Controller } from '../controller.js';
import { useKeys } from '../hooks/use-keys.js';
import { useTerminalSize } from '../hooks/use-terminal-size.js';
import { isTooSmall, tooSmall } from '../smallest.js';
import type { Style } from '../style.js';
import { type ViewModel, viewModel } from '../view-model.js';
import { Message, Screen } from './screen.js';
import { Sentences } from './sentences.js';

export interface AppProps {
  readonly controller: Controller;
  readonly style: Style;
}

/** Before the first snapshot there is nothing to select. */
const NOTHING = { items: [], selectedIndex: -1, pageRows: 1 };

export function App({ controller, style }: AppProps) {
  const { ui, feed, snapshot, account } = useSyncExternalStore(
    controller.subscribe,
    controller.state,
  );
  const size = useTerminalSize();
  const model: ViewModel | null = snapshot
    ? viewModel(snapshot, ui, feed.link, size, style, feed.frame, account)
    : null;
  useKeys((key) => controller.press(key, model ?? NOTHING));

  if (!snapshot || !model) {
    const waiting = feed.link.phase === 'lost' ? `No answer: ${feed.link.why}` : 'Connecting';
    return <Message text={`${waiting} (q leaves)`} />;
  }
  if (style.screenReader) {
    return (
      <Sentences model={model} snapshot={snapshot} ui={ui} link={feed.link} account={account} />
    );
  }
  if (isTooSmall(size)) return <Message text={tooSmall(size)} />;
  return <Screen model={model} ui={ui} size={size} style={style} />;
}
