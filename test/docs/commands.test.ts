import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeContext } from '../../src/cli/context.ts';
import { findVerb } from '../../src/cli/verbs.ts';
import { loadEcosystem } from '../../src/config/load.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { blocksOf, PAGES, withoutBlocks, type Page } from './pages.ts';

const SHELLS = new Set(['sh', 'console', 'bash']);

/** `agentvisor …` as it stands in a page: the lines of its shell blocks, and code within a sentence. */
function commandsOf(page: Page): readonly string[] {
  const lines = blocksOf(page)
    .filter(({ language }) => SHELLS.has(language))
    .flatMap(({ language, text }) =>
      text.split('\n').filter((line) => language !== 'console' || line.startsWith('$ ')),
    );
  const inline = [...withoutBlocks(page.text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...lines, ...inline].flatMap(
    (line) =>
      /(?:^|[|;&] ?|\$ |npx |exec agents )(agentvisor(?: [^|;&]*)?)(?:[|;&]|$)/.exec(withoutRemark(line.trim()))?.[1] ??
      [],
  );
}

const withoutRemark = (line: string): string => line.replace(/\s+#\s.*$/, '').replace(/\s+(?:2?>|<).*$/, '');

/** Words as a shell would hand them over; nothing is expanded. */
const wordsOf = (command: string): readonly string[] =>
  [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');

/** Why the command line would refuse it, null when it takes it. */
async function refusalOf(command: string): Promise<string | null> {
  const [, word, ...rest] = wordsOf(command);
  if (word === undefined || word === 'VERB' || word.startsWith('-')) return null;
  const row = findVerb(word);
  if (row === undefined) return `${command}: there is no such verb`;
  // A verb that is only named (`agentvisor send`) is no command line.
  if (rest.length === 0) return null;
  return makeContext(row.name, await row.load(), rest, {}).then(
    () => null,
    (error: unknown) => `${command}: ${String(error)}`,
  );
}

test('every command line that a page shows names a verb and options that exist, and has the arguments it needs', async () => {
  const commands = PAGES.flatMap(commandsOf);
  const refused = await Promise.all(commands.map(refusalOf));
  expect(refused.filter((refusal) => refusal !== null)).toEqual([]);
  expect(commands.length).toBeGreaterThan(100);
});

test('a verb, an option and an argument that do not exist are noticed, in blocks and in sentences', async () => {
  const page = {
    path: 'x.md',
    text: [
      '`agentvisor strat x`, `agentvisor list --jsn`, `agentvisor list "a b"`',
      '```sh',
      'git diff | agentvisor send reviewer - --wiat   # a remark',
      'agentvisor ping now && true',
      '```',
    ].join('\n'),
  };
  const refused = await Promise.all(commandsOf(page).map(refusalOf));
  expect(refused.map((refusal) => refusal?.slice(0, 25) ?? null)).toEqual([
    'agentvisor send reviewer ',
    'agentvisor ping now : Age',
    'agentvisor strat x: there',
    'agentvisor list --jsn: Ag',
    null,
  ]);
});

const ecosystems = PAGES.flatMap(blocksOf).filter(
  ({ language, text }) => language === 'ts' && text.includes('defineEcosystem('),
);

test.each(ecosystems.map((block, at) => ({ ...block, at })))(
  'ecosystem file $at of $path is accepted without a warning',
  async ({ text }) => {
    const folder = temporaryFolder();
    for (const [, cwd = ''] of text.matchAll(/cwd: '([^']+)'/g)) mkdirSync(join(folder, cwd), { recursive: true });
    const file = join(folder, 'ecosystem.ts');
    writeFileSync(file, text.includes('import ') ? text : `import { defineEcosystem } from 'agentvisor';\n${text}`);
    const loaded = await loadEcosystem(file);
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
  },
);

test('there are ecosystem files in the pages', () => expect(ecosystems.length).toBeGreaterThan(3));
