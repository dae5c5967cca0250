import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/**
 * The shape of the code, checked on its text. Each guard is broken once on purpose below: a checker that reads nothing
 * reports success.
 */
type Source = { readonly path: string; readonly text: string };

/** Which folders the files of a folder may import from, beside their own. */
const INWARD: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  claude: ['kernel'],
  config: ['kernel'],
  protocol: ['kernel'],
  home: ['kernel', 'protocol'],
  wording: ['kernel', 'protocol', 'home'],
  client: ['kernel', 'protocol', 'home'],
  logs: ['kernel', 'claude', 'protocol', 'home', 'wording'],
  box: ['kernel', 'claude', 'config', 'protocol', 'home'],
  simulate: ['kernel', 'config', 'protocol', 'home'],
  daemon: ['kernel', 'claude', 'config', 'protocol', 'home', 'box'],
  cli: ['kernel', 'claude', 'config', 'protocol', 'home', 'box', 'simulate', 'wording', 'client', 'logs'],
  tui: ['kernel', 'claude', 'config', 'protocol', 'home', 'box', 'wording', 'client', 'logs'],
  'index.ts': ['kernel', 'config'],
};

/** A verb that becomes the daemon or the screen loads it only then, and nothing else of the CLI knows it. */
const BECOMES: Readonly<Record<string, RegExp>> = {
  daemon: /^cli\/verbs\/daemon\.ts$/,
  tui: /^cli\/watch\.ts$/,
};

const LINES_MAX = 300;
const MAY_EXIT = ['cli/main.ts', 'daemon/main.ts', 'daemon/outbox/deliver.ts'];

/** What would make the kernel depend on anything but its arguments. */
const IMPURE: Readonly<Record<string, RegExp>> = {
  'reads the clock': /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s]*\())|\bperformance\s*\./,
  'draws a random number': /\bMath\s*\.\s*random\b|\bcrypto\s*\./,
  'reads the process': /(?<![\w$.])process\s*(?:\.|\[)/,
  logs: /(?<![\w$.])console\s*(?:\.|\[)/,
  'sets a timer': /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/,
  'is asynchronous': /\b(?:async|await|Promise)\b/,
  'reaches for globals': /\bglobalThis\b|\beval\b/,
  'imports from outside': /\bfrom\s*['"](?!\.)|\bimport\s*\(|\brequire\s*\(|\bimport\s*['"]/,
};

function importsOf({ path, text }: Source): readonly { readonly target: string; readonly isDynamic: boolean }[] {
  const found = withoutComments(text).matchAll(/(\bfrom|\bimport\s*\(|\bimport)\s*['"](\.{1,2}\/[^'"]+)['"]/g);
  return [...found].map(([, how = '', target = '']) => ({
    target: normalize(join(dirname(path), target)),
    isDynamic: how.endsWith('('),
  }));
}

const layerOf = (path: string): string => path.split('/')[0] ?? '';

function outwardImports(source: Source): readonly string[] {
  const layer = layerOf(source.path);
  return importsOf(source).flatMap(({ target, isDynamic }) => {
    const other = layerOf(target);
    const becomes = isDynamic && BECOMES[other]?.test(source.path) === true;
    const isInward = other === layer || INWARD[layer]?.includes(other) === true;
    return isInward || becomes ? [] : [`${source.path} imports ${target}`];
  });
}

function impurities(source: Source): readonly string[] {
  const code = withoutComments(source.text);
  const bare = withoutTexts(code);
  return Object.entries(IMPURE).flatMap(([what, pattern]) => {
    const looked = what === 'imports from outside' ? code : bare;
    return pattern.test(looked) ? [`${source.path} ${what}`] : [];
  });
}

const exits = (source: Source): readonly string[] =>
  !MAY_EXIT.includes(source.path) &&
  /\bprocess\s*\.\s*(?:exit|reallyExit|abort)\s*\(/.test(withoutTexts(withoutComments(source.text)))
    ? [`${source.path} ends the process`]
    : [];

/** What the code map calls by a name that no file has, and the kernel's files that it does not name. */
function offTheMap(map: string, files: readonly string[]): readonly string[] {
  const named = new Set([...map.matchAll(/`(?:[\w-]+\/)*([\w-]+\.ts)`/g)].map(([, name = '']) => name));
  const nameOf = (path: string): string => path.split('/').at(-1) ?? '';
  const known = new Set(files.map(nameOf));
  return [
    ...[...named].filter((name) => !known.has(name)),
    ...files.filter((path) => layerOf(path) === 'kernel' && !named.has(nameOf(path))),
  ];
}

function tooLong({ path, text }: Source): readonly string[] {
  const lines = text.trimEnd().split('\n').length;
  return lines > LINES_MAX ? [`${path} has ${lines} lines`] : [];
}

const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, ' ').replaceAll(/(^|[^:'"`])\/\/.*$/gm, '$1');

/** Without the insides of plain texts and of templates, but with the code that stands in the templates. */
const withoutTexts = (code: string): string =>
  code
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
    .replaceAll(/`(?:[^`\\]|\\.)*`/g, (template) =>
      [...template.matchAll(/\$\{([^}]*)\}/g)].map(([, inner]) => `(${inner})`).join(' '),
    );

const ROOT = fileURLToPath(new URL('../src', import.meta.url));

const sources: readonly Source[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(ts|tsx|mts)$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

const kernel = sources.filter(({ path }) => layerOf(path) === 'kernel');

describe('the source', () => {
  test('is read at all', () => {
    expect(kernel.map(({ path }) => path)).toContain('kernel/step.ts');
    expect(sources.map(({ path }) => path)).toEqual(expect.arrayContaining(['cli/main.ts', 'daemon/main.ts']));
    expect(sources.flatMap(importsOf).map(({ target }) => target)).toContain('kernel/drive.ts');
  });

  test('has only folders whose place is known', () => {
    expect([...new Set(sources.map(({ path }) => layerOf(path)))].filter((layer) => !(layer in INWARD))).toEqual([]);
  });

  test('imports inward only', () => {
    expect(sources.flatMap(outwardImports)).toEqual([]);
  });

  test('keeps the kernel free of clock, chance, process, output, timers and other packages', () => {
    expect(kernel.flatMap(impurities)).toEqual([]);
  });

  test('is on the map: every file of the kernel, and no file that is gone', () => {
    const map = readFileSync(new URL('../docs/architecture.md', import.meta.url), 'utf8');
    const tests = readdirSync(fileURLToPath(new URL('.', import.meta.url))).map((name) => `test/${name}`);
    expect(offTheMap(map, [...sources.map(({ path }) => path), ...tests])).toEqual([]);
  });

  test('has no file of more than 300 lines', () => {
    expect(sources.flatMap(tooLong)).toEqual([]);
  });

  test('ends the process in the main files only', () => {
    expect(sources.flatMap(exits)).toEqual([]);
  });
});

describe('the guards', () => {
  const source = (path: string, text: string): Source => ({ path, text });

  test.each([
    ['kernel/a.ts', "import { x } from '../daemon/b.ts';"],
    ['kernel/a.ts', "import type { x } from '../claude/b.ts';"],
    ['kernel/a.ts', "export * from '../protocol/b.ts';"],
    ['claude/a.ts', "import { x } from '../config/b.ts';"],
    ['config/a.ts', "import { x } from '../protocol/b.ts';"],
    ['protocol/a.ts', "import { x } from '../home/b.ts';"],
    ['home/a.ts', "import { x } from '../daemon/b.ts';"],
    ['box/a.ts', "import { x } from '../daemon/b.ts';"],
    ['home/a.ts', "import { x } from '../box/b.ts';"],
    ['simulate/a.ts', "import { x } from '../daemon/b.ts';"],
    ['simulate/a.ts', "import { x } from '../cli/b.ts';"],
    ['daemon/a.ts', "import { x } from '../simulate/b.ts';"],
    ['daemon/a.ts', "import { x } from '../cli/b.ts';"],
    ['daemon/process/a.ts', "import { x } from '../../cli/b.ts';"],
    ['cli/a.ts', "import { x } from '../tui/b.ts';"],
    ['cli/a.ts', "import { x } from '../daemon/b.ts';"],
    ['cli/a.ts', "const { x } = await import('../daemon/b.ts');"],
    ['cli/verbs/daemon.ts', "import { x } from '../../daemon/b.ts';"],
    ['cli/watch.ts', "import { x } from '../tui/b.ts';"],
    ['cli/a.ts', "const { x } = await import('../tui/b.ts');"],
    ['client/a.ts', "import { x } from '../cli/b.ts';"],
    ['wording/a.ts', "import { x } from '../client/b.ts';"],
    ['logs/a.ts', "import { x } from '../client/b.ts';"],
    ['tui/a.ts', "import { x } from '../daemon/b.ts';"],
    ['tui/a.ts', "import {\n  x,\n} from '../cli/b.ts';"],
    ['index.ts', "import { x } from './daemon/b.ts';"],
  ])('see %s: %s', (path, text) => {
    expect(outwardImports(source(path, text))).toHaveLength(1);
  });

  test.each([
    ['kernel/a.ts', "import { x } from './b.ts';"],
    ['daemon/process/a.ts', "import { x } from '../../kernel/b.ts';"],
    ['cli/verbs/daemon.ts', "const { x } = await import('../../daemon/main.ts');"],
    ['cli/watch.ts', "const { x } = await import('../tui/main.ts');"],
    ['kernel/a.ts', "// import { x } from '../daemon/b.ts';"],
  ])('let %s pass: %s', (path, text) => {
    expect(outwardImports(source(path, text))).toEqual([]);
  });

  test.each([
    'const now = Date.now();',
    'const now = new Date();',
    'const now = new Date;',
    'const now = performance.now();',
    'const roll = Math.random();',
    'const id = crypto.randomUUID();',
    "if (process.env['DEBUG']) debug();",
    'const text = `in ${process.cwd()}`;',
    "console.log('x');",
    'setTimeout(tick, 1_000);',
    'export async function step() {}',
    "import { readFileSync } from 'node:fs';",
    "import 'node:fs';",
    "const fs = await import('./b.ts');",
    'globalThis.now = 1;',
  ])('see an impure kernel: %s', (text) => {
    expect(impurities(source('kernel/a.ts', text))).not.toEqual([]);
  });

  test.each([
    'const iso = new Date(at).toISOString();',
    '/** Date.now() is for the host; the process. */ const a = 1;',
    "const told = 'The process. Then console.log, setTimeout and await.';",
    'const told = `${count} process(es) ended`;',
    'const shown = agent.process.pid;',
  ])('let a pure kernel pass: %s', (text) => {
    expect(impurities(source('kernel/a.ts', text))).toEqual([]);
  });

  test('see what is off the map', () => {
    const files = ['kernel/step.ts', 'kernel/moved.ts', 'daemon/engine.ts'];
    expect(offTheMap('`step.ts`, `src/kernel/moved.ts`', files)).toEqual([]);
    expect(offTheMap('`step.ts` and `gone.ts`', files)).toEqual(['gone.ts', 'kernel/moved.ts']);
  });

  test('see a file that is too long, by one line', () => {
    expect(tooLong(source('cli/a.ts', 'x\n'.repeat(LINES_MAX)))).toEqual([]);
    expect(tooLong(source('cli/a.ts', 'x\n'.repeat(LINES_MAX + 1)))).toEqual(['cli/a.ts has 301 lines']);
  });

  test('see who ends the process', () => {
    expect(exits(source('daemon/engine.ts', 'process.exit(1);'))).toHaveLength(1);
    expect(exits(source('cli/act.ts', 'process.abort();'))).toHaveLength(1);
    expect(exits(source('daemon/main.ts', 'process.exit(1);'))).toEqual([]);
    expect(exits(source('cli/act.ts', "say('process.exit(1)'); process.exitCode = 1;"))).toEqual([]);
  });
});
