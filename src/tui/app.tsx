import { Box, Text, useInput } from 'ink';
import { useSyncExternalStore, type ReactElement } from 'react';
import type { InkKey } from './key.ts';
import type { Patch } from './patch.ts';

/** What is to be painted next, and which number it has. */
export type Painted = { readonly number: number; readonly patch: Patch };

/** Where the app hears what to paint. */
export type Patches = {
  readonly current: () => Painted;
  /** Calls back after each change until the returned function is called. */
  readonly subscribe: (changed: () => void) => () => void;
};

export type AppProps = {
  readonly patches: Patches;
  readonly onInput: (input: string, key: InkKey) => void;
};

/** Reads the keys and renders the lines that have changed. */
export function App({ patches, onInput }: AppProps): ReactElement {
  const { number, patch } = useSyncExternalStore(patches.subscribe, patches.current);
  useInput(onInput);
  return (
    // The same words on other rows are another patch: Ink must write them again.
    <Box key={number} flexDirection="column">
      {patch.rows.map((row, index) => (
        <Text key={row} wrap="truncate">
          {patch.lines[index] === '' ? ' ' : patch.lines[index]}
        </Text>
      ))}
    </Box>
  );
}
