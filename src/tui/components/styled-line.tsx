import { Text } from 'ink';
import type { Line } from '../lines.js';
import type { Theme } from '../theme.js';

/** One line of the screen; its pieces follow each other without any gap. */
export function StyledLine({ spans, theme }: { readonly spans: Line; readonly theme: Theme }) {
  return (
    <Text wrap="truncate">
      {spans.map(({ text, tone }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no identity but their place
        <Text key={index} {...theme[tone]}>
          {text}
        </Text>
      ))}
    </Text>
  );
}
