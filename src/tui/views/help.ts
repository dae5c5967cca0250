import { COMMANDS } from '../commands.ts';
import { cutLine, line, type Line } from '../line.ts';
import { still, type HelpView, type Model } from '../model.ts';
import { pageOf, scrolled } from '../scroll.ts';
import { hearsNothing, withTop, type Binding, type ViewKind } from '../view.ts';

const KEY_WIDTH = 16;

const by =
  (lines: (model: Model) => number): Binding<HelpView>['press'] =>
  (model, view) =>
    still(withTop(model, { ...view, top: scrolled(view.top, lines(model), model.size.rows, helpLines(view).length) }));

const KEYMAP: readonly Binding<HelpView>[] = [
  { keys: ['j', 'down'], does: 'down', press: by(() => 1) },
  { keys: ['k', 'up'], does: 'up', press: by(() => -1) },
  { keys: ['g', 'home'], does: 'to the begin', press: by(() => -Infinity) },
  { keys: ['G', 'end'], does: 'to the end', press: by(() => Infinity) },
  { keys: ['pgdn', 'ctrl-d', ' '], does: 'a page down', press: by(({ size }) => pageOf(size.rows >> 1)) },
  { keys: ['pgup', 'ctrl-u'], does: 'a page up', press: by(({ size }) => -pageOf(size.rows >> 1)) },
];

export const helpKind: ViewKind<HelpView> = {
  title: () => 'help',
  keymap: KEYMAP,
  lines: ({ look }, view, { rows, columns }) => {
    const all = helpLines(view);
    const begin = Math.min(view.top, Math.max(0, all.length - rows));
    return all.slice(begin, begin + rows).map((each) => cutLine(each, columns, look));
  },
  hear: hearsNothing,
};

/** The keys of the view that the help was asked in, those of everywhere, and the commands. */
const helpLines = ({ sections }: HelpView): readonly Line[] => [
  ...sections.flatMap(({ title, keys }) => [
    line(` ${title}`, { bold: true }),
    ...keys.map((row) => line(`   ${row.keys.map(keyName).join(' ').padEnd(KEY_WIDTH)} ${row.does}`)),
    line(''),
  ]),
  line(' Commands behind :', { bold: true }),
  ...COMMANDS.map(({ usage, does }) => line(`   ${usage}: ${does}`)),
  line(''),
  line(' Targets are names, globs, all and namespace:NS, as on the command line.', { tone: 'dim' }),
];

const KEY_NAMES: Readonly<Record<string, string>> = { ' ': 'space', enter: 'Enter', esc: 'Esc', tab: 'Tab' };

export const keyName = (key: string): string => KEY_NAMES[key] ?? key;
