import { useInput } from 'ink';
import type { InkKey } from './key.ts';

export type AppProps = { readonly onInput: (input: string, key: InkKey) => void };

/** All that Ink does here: it reads keys. */
export function App({ onInput }: AppProps): null {
  useInput(onInput);
  return null;
}
