import { expect, test } from 'vitest';
import { box } from '../box.ts';
import { blocksOf, readPage, ROOT } from './pages.ts';

type Step = { readonly words: readonly string[]; readonly shown: string };

/** What follows `$ ` is typed, what stands below it is shown; `…` stands for what differs. */
function stepsOf(path: string): readonly Step[] {
  return blocksOf(readPage(path))
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => text.split(/^\$ /m).slice(1))
    .map((part) => {
      const [command = '', ...shown] = part.trimEnd().split('\n');
      const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
      return { words: words.slice(1), shown: shown.join('\n') };
    });
}

const asPattern = (shown: string): RegExp =>
  new RegExp(
    `^${shown
      .split('…')
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('[^\\n]*')}$`,
  );

test('docs/getting-started.md: each command says what the page says it says', async () => {
  const { avWith } = box();
  const steps = stepsOf('docs/getting-started.md');
  expect(steps.length).toBeGreaterThan(7);
  for (const { words, shown } of steps) {
    const { code, stdout, stderr } = await avWith({ cwd: ROOT }, ...words);
    expect({ code, stderr }, words.join(' ')).toMatchObject({ code: 0 });
    expect(stdout.trimEnd(), words.join(' ')).toMatch(asPattern(shown));
  }
});
