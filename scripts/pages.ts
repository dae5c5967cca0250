import { benchmarksPage } from './benchmarks-page.ts';
import { causesPage } from './causes-page.ts';
import { ecosystemPage } from './ecosystem-page.ts';
import { terminalUiPage } from './terminal-ui-page.ts';

/** The pages of `docs/` that a program writes. */
export const GENERATED_PAGES: Readonly<Record<string, () => string>> = {
  'benchmarks.md': benchmarksPage,
  'causes.md': causesPage,
  'ecosystem-file.md': ecosystemPage,
  'terminal-ui.md': terminalUiPage,
};
