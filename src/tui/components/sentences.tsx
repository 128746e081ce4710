import { Box, Text } from 'ink';
import type { Snapshot } from '../../allocator/client/snapshot.js';
import { type AccountState, accountLines, accountTitle } from '../account/panel.js';
import { HELP } from '../help.js';
import { printable } from '../lines.js';
import { visitorName } from '../panel-list.js';
import type { Item } from '../pick.js';
import { question } from '../press.js';
import type { UiState } from '../ui-state.js';
import type { Link, ViewModel } from '../view-model.js';
import {
  lastMinuteText,
  nextCall,
  SLICE_WORDS,
  timeOfDay,
  wholeSeconds,
  whyWaiting,
} from '../words.js';

export interface SentencesProps {
  readonly model: ViewModel;
  readonly snapshot: Snapshot;
  readonly ui: UiState;
  readonly link: Link;
  readonly account?: AccountState | null;
}

/** As many rows of a list as somebody listens to. */
const READ_OUT = 10;

/** The same view for a screen reader: one sentence a line, no frames, bars or columns. */
export function Sentences(props: SentencesProps) {
  return (
    <Box flexDirection="column">
      {sentences(props).map((text, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
        <Text key={index}>{text}</Text>
      ))}
    </Box>
  );
}

export function sentences({
  model,
  snapshot,
  ui,
  link,
  account = null,
}: SentencesProps): readonly string[] {
  if (ui.dialog) {
    const { text, keys } = question(ui.dialog);
    return [printable(text), `Keys: ${keys}`];
  }
  if (ui.help) return HELP.map(([keys, what]) => `${keys}: ${what}.`);
  if (model.details) {
    const { title, facts, keys } = model.details;
    return [`${title}.`, ...facts.map(([name, text]) => `${name}: ${text}.`), `Keys: ${keys}`];
  }
  const lost =
    link.phase === 'lost'
      ? [`The emulator does not answer; this is from ${timeOfDay(snapshot.at)}.`]
      : [];
  const items = model.items.map(
    (item, index) =>
      `${index === model.selectedIndex ? 'Selected: ' : ''}${sentenceOf(item, snapshot)}`,
  );
  const from = Math.max(0, Math.min(model.selectedIndex - 1, items.length - READ_OUT));
  const shown = items.slice(from, from + READ_OUT);
  return [
    ...lost,
    `${snapshot.queue.total} waiting, ${snapshot.visitors.total} visitors. ${ui.paused ? 'Paused.' : ''}`.trim(),
    ...shown,
    ...(items.length > shown.length
      ? [`${items.length - shown.length} more rows; move with down.`]
      : []),
    ...(account ? [`${accountTitle(account, ',')}: ${accountLines(account).join('. ')}.`] : []),
    `${lastMinuteText(snapshot, false)}.`,
    ...(ui.notice ? [ui.notice.text] : []),
    ui.typing ? `Filter: ${printable(ui.filter)}` : 'Press question mark for the keys.',
  ];
}

function sentenceOf(item: Item, snapshot: Snapshot): string {
  switch (item.kind) {
    case 'slice': {
      const { index, use, call, forSeconds } = item.slice;
      if (!call) return `Slice ${index}: ${SLICE_WORDS[use]}.`;
      const whose = `call ${call.call}, ${printable(call.function)} of ${visitorName(call.visitor)}`;
      const time = `${wholeSeconds(forSeconds ?? 0)} of ${wholeSeconds(call.askedSeconds)}`;
      return `Slice ${index}: ${whose}, ${SLICE_WORDS[use]}, ${time}.`;
    }
    case 'call': {
      const { entry } = item;
      const whose = `call ${entry.call}, ${printable(entry.function)} of ${visitorName(entry.visitor)}`;
      return `Waiting ${entry.position}: ${whose}, ${whyWaiting(entry)}.`;
    }
    case 'visitor': {
      const { visitor } = item;
      const next = nextCall(visitor, snapshot);
      const left = `${wholeSeconds(visitor.leftSeconds)} left`;
      return `Quota of ${visitorName(visitor.visitor)}: ${left}${next === null ? '' : `, next call: ${next}`}.`;
    }
  }
}
