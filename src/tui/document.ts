import { bodyOf } from './body.ts';
import { cutLine, line, span, widthOf, wrapText, type Line, type Look, type Size, type Span } from './line.ts';
import { still, type Model, type Step, type View } from './model.ts';
import { pageOf, scrolled } from './scroll.ts';
import { withTop, type Binding } from './view.ts';

/** Most lines of a long page are never on the screen: those that cost something are made when they are. */
export type PageLine = Line | (() => Line);

/** A part of a long page: a title and what stands below it. */
export type Section = { readonly title: string; readonly lines: readonly PageLine[] };

/** All lines of a page, and where its sections begin. */
export type Document = { readonly lines: readonly PageLine[]; readonly starts: readonly number[] };

/** The sections one below the other with a blank line between; those without lines are left out. */
export function documentOf(sections: readonly Section[]): Document {
  const lines: PageLine[] = [];
  const starts: number[] = [];
  for (const section of sections) {
    if (section.lines.length === 0) continue;
    if (lines.length > 0) lines.push(line(''));
    starts.push(lines.length);
    if (section.title !== '') lines.push(line(` ${section.title}`, { bold: true }));
    lines.push(...section.lines);
  }
  return { lines, starts };
}

/** What of it is on the screen. */
export function windowOf({ lines }: Document, top: number, { rows, columns }: Size, look: Look): readonly Line[] {
  const first = scrolled(top, 0, rows, lines.length);
  return lines.slice(first, first + rows).map((each) => cutLine(madeOf(each), columns, look));
}

const madeOf = (each: PageLine): Line => (typeof each === 'function' ? each() : each);

/** A line a little to the right. */
export const indented =
  (each: PageLine): PageLine =>
  () => [span(' '), ...madeOf(each)];

/** A word and what it says, as many lines as that needs. */
export function labelled(label: string, text: string, labelWidth: number, width: number, style = {}): readonly Line[] {
  const room = Math.max(1, width - labelWidth - 2);
  return wrapText(text, room).map((part, index): readonly Span[] => [
    span(` ${index === 0 ? label : ''}${' '.repeat(Math.max(0, labelWidth - (index === 0 ? widthOf(label) : 0)))} `, {
      tone: 'dim',
    }),
    span(part, style),
  ]);
}

type Scrolling = Extract<View, { readonly top: number }>;

/** The keys of a page that can only be read. */
export function scrollKeys<V extends Scrolling>(
  documentFor: (model: Model, view: V, size: Size) => Document,
): readonly Binding<V>[] {
  const moved = (model: Model, view: V, by: (size: Size) => number): Step => {
    const size = bodyOf(model);
    const { lines } = documentFor(model, view, size);
    const from = scrolled(view.top, 0, size.rows, lines.length);
    return still(withTop(model, { ...view, top: scrolled(from, by(size), size.rows, lines.length) }));
  };
  const toSection = (model: Model, view: V, isNext: boolean): Step => {
    const size = bodyOf(model);
    const { lines, starts } = documentFor(model, view, size);
    const from = scrolled(view.top, 0, size.rows, lines.length);
    const to = isNext ? starts.find((start) => start > from) : starts.findLast((start) => start < from);
    return to === undefined ? still(model) : moved(model, view, () => to - from);
  };
  return [
    { keys: ['j', 'down'], does: 'a line down', press: (model, view) => moved(model, view, () => 1) },
    { keys: ['k', 'up'], does: 'a line up', press: (model, view) => moved(model, view, () => -1) },
    { keys: ['g', 'home'], does: 'to the begin', press: (model, view) => moved(model, view, () => -Infinity) },
    { keys: ['G', 'end'], does: 'to the end', press: (model, view) => moved(model, view, () => Infinity) },
    {
      keys: ['pgdn', ' '],
      does: 'a page down',
      press: (model, view) => moved(model, view, ({ rows }) => pageOf(rows)),
    },
    { keys: ['pgup'], does: 'a page up', press: (model, view) => moved(model, view, ({ rows }) => -pageOf(rows)) },
    { keys: ['ctrl-d'], does: 'half a page down', press: (model, view) => moved(model, view, halfPage) },
    { keys: ['ctrl-u'], does: 'half a page up', press: (model, view) => moved(model, view, (size) => -halfPage(size)) },
    {
      keys: [']'],
      does: 'to the next section',
      foot: 'section',
      press: (model, view) => toSection(model, view, true),
    },
    { keys: ['['], does: 'to the section before', press: (model, view) => toSection(model, view, false) },
  ];
}

const halfPage = ({ rows }: Size): number => Math.max(1, Math.floor(rows / 2));
