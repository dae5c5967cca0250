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
  if (mistake === undefined || url !== `${PRODUCT}${mistake.file.replace(/ts$/, 'js')}`) return loaded;
  const source = String(loaded.source);
  if (source.split(mistake.from).length !== 2) throw new Error(`${mistake.from} does not stand once in ${mistake.file}`);
  return { ...loaded, source: source.replace(mistake.from, () => mistake.to) };
}
