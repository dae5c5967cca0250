import { MISTAKES } from './mistakes.ts';

/**
 * What the modules of the product get instead of those of Node, while a history is played: the operating system of the
 * simulated machine. And, when a mistake is named, one line of the product that somebody got wrong.
 */

type Context = { readonly parentURL?: string };
type Resolved = { readonly url: string };
type Loaded = { readonly source?: unknown; readonly format: string };

const PRODUCT = new URL('../../src/', import.meta.url).href;
const OWN: Readonly<Record<string, string>> = {
  'node:fs': 'fs',
  'node:fs/promises': 'fs-promises',
  'node:child_process': 'child-process',
  'node:timers/promises': 'timers-promises',
  'node:os': 'system',
  'node:crypto': 'crypto',
};

const mistake = MISTAKES.find(({ name }) => name === process.env['SIM_MISTAKE']);

export async function resolve(
  name: string,
  context: Context,
  next: (name: string, context: Context) => Promise<Resolved>,
): Promise<Resolved & { readonly shortCircuit?: boolean }> {
  const own = context.parentURL?.startsWith(PRODUCT) === true ? OWN[name] : undefined;
  if (own === undefined) return next(name, context);
  return { url: new URL(`./os/${own}.js`, import.meta.url).href, shortCircuit: true };
}

export async function load(
  url: string,
  context: object,
  next: (url: string, context: object) => Promise<Loaded>,
): Promise<Loaded> {
  const loaded = await next(url, context);
  const edits = (mistake?.edits ?? []).filter(({ file }) => url === `${PRODUCT}${file.replace(/ts$/, 'js')}`);
  if (edits.length === 0) return loaded;
  let source = String(loaded.source);
  for (const { file, from, to } of edits) {
    if (source.split(from).length !== 2) throw new Error(`${from} does not stand once in ${file}`);
    source = source.replace(from, () => to);
  }
  return { ...loaded, source };
}
