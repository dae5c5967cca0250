import { writeFileSync } from 'node:fs';
import { GENERATED_PAGES } from './pages.ts';

for (const [file, page] of Object.entries(GENERATED_PAGES))
  writeFileSync(new URL(`../docs/${file}`, import.meta.url), page());
