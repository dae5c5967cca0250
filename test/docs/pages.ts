import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type Page = { readonly path: string; readonly text: string };
export type Block = { readonly path: string; readonly language: string; readonly text: string };

export const readPage = (path: string): Page => ({ path, text: readFileSync(join(ROOT, path), 'utf8') });

const inFolder = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

/** Everything that people read; a `CLAUDE.md` is for an agent. */
export const PAGES: readonly Page[] = ['README.md', 'CHANGELOG.md', ...inFolder('docs'), ...inFolder('examples')]
  .filter((path) => !path.endsWith('CLAUDE.md'))
  .toSorted()
  .map(readPage);

const FENCE = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;

export const blocksOf = ({ path, text }: Page): readonly Block[] =>
  [...text.matchAll(FENCE)].map(([, indent = '', language = '', body = '']) => ({
    path,
    language,
    text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));

export const withoutBlocks = (text: string): string => text.replaceAll(FENCE, '');
