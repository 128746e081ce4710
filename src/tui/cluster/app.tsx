import { Box, Text } from 'ink';
import { useSyncExternalStore } from 'react';
import { Frame } from '../components/frame.js';
import { Message } from '../components/screen.js';
import { StyledLine } from '../components/styled-line.js';
import { TextFrame } from '../components/text-frame.js';
import { useKeys } from '../hooks/use-keys.js';
import { useTerminalSize } from '../hooks/use-terminal-size.js';
import { isTooSmall, tooSmall } from '../smallest.js';
import { glyphsOf, type Style } from '../style.js';
import { themeOf } from '../theme.js';
import type { ClusterController } from './controller.js';
import { clusterSentences } from './sentences.js';
import { CLUSTER_HELP } from './ui-state.js';
import { clusterModel } from './view-model.js';

export interface ClusterAppProps {
  readonly controller: ClusterController;
  readonly style: Style;
}

/** Header and keys. */
const FIXED_ROWS = 2;

/** The nodes of a cluster, a page of panels at a time. */
export function ClusterApp({ controller, style }: ClusterAppProps) {
  const state = useSyncExternalStore(controller.subscribe, controller.state);
  const size = useTerminalSize();
  const { ui, cluster, problem, frame } = state;
  const model = clusterModel(cluster, ui, problem, size, style, frame);
  useKeys((key) => controller.press(key, model));

  if (style.screenReader) {
    const lines = clusterSentences(state, model);
    return (
      <Box flexDirection="column">
        {lines.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          <Text key={index}>{text}</Text>
        ))}
      </Box>
    );
  }
  if (isTooSmall(size)) return <Message text={tooSmall(size)} />;
  const theme = themeOf(style.colour);
  const body = size.rows - FIXED_ROWS;
  const box = { columns: size.columns, rows: body, glyphs: glyphsOf(style), theme };
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows}>
      <StyledLine spans={model.header} theme={theme} />
      <Box flexDirection="column" height={body} overflow="hidden">
        {ui.help ? (
          <TextFrame title="Keys" facts={CLUSTER_HELP} foot="? or esc back" {...box} />
        ) : (
          model.panels.map(({ id, title, lines }) => (
            <Frame key={id} title={title} lines={lines} {...box} />
          ))
        )}
      </Box>
      <StyledLine spans={model.keys} theme={theme} />
    </Box>
  );
}
