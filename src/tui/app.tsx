import { Box, Text, useInput } from 'ink';
import { useSyncExternalStore, type ReactElement } from 'react';
import type { InkKey } from './key.ts';

/** The lines that are shown now, as bytes. */
export type Frames = {
  readonly lines: () => readonly string[];
  /** Calls back after each change until the returned function is called. */
  readonly subscribe: (changed: () => void) => () => void;
};

export type AppProps = {
  readonly frames: Frames;
  readonly onInput: (input: string, key: InkKey) => void;
};

/** All that Ink does here: it reads keys and paints the lines that have changed. */
export function App({ frames, onInput }: AppProps): ReactElement {
  const lines = useSyncExternalStore(frames.subscribe, frames.lines);
  useInput(onInput);
  return (
    <Box flexDirection="column">
      {lines.map((line, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a line is its place
        <Text key={index} wrap="truncate">
          {line === '' ? ' ' : line}
        </Text>
      ))}
    </Box>
  );
}
