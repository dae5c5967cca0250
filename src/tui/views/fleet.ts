import type { Model, FleetView } from '../model.ts';
import { still } from '../model.ts';
import { namespacesOf, selectedAgent, shownAgents, SORTS } from '../chosen.ts';
import { explanationLines } from './explanation.ts';
import { filledLine, line, span, type Line, type Size } from '../line.ts';
import { bounded, pageOf } from '../scroll.ts';
import { glyph } from '../glyphs.ts';
import { hearsNothing, withTop, type Binding, type ViewKind } from '../view.ts';
import { latestLines } from './latest-lines.ts';
import { agentLine, headLine, layoutOf, sharersOf } from './fleet-columns.ts';

export const fleetView: FleetView = {
  at: 'fleet',
  selected: null,
  sort: 'trouble',
  reversed: false,
  filter: '',
  namespace: null,
};

/** From this height on the chosen agent is explained below the table. */
const ROWS_WITH_EXPLANATION = 9;
const EXPLANATION_ROWS_MAX = 5;
/** On a high screen. */
const HIGH_ROWS = 24;
const EXPLANATION_ROWS_HIGH = 8;
/** Of the table, with an explanation below it. */
const TABLE_ROWS_MIN = 5;

const KEYMAP: readonly Binding<FleetView>[] = [
  { keys: ['j', 'down'], does: 'the next agent', press: (model, view) => moved(model, view, 1) },
  { keys: ['k', 'up'], does: 'the agent before', press: (model, view) => moved(model, view, -1) },
  { keys: ['g', 'home'], does: 'the first agent', press: (model, view) => moved(model, view, -Infinity) },
  { keys: ['G', 'end'], does: 'the last agent', press: (model, view) => moved(model, view, Infinity) },
  { keys: ['pgdn', 'ctrl-d', ' '], does: 'a page down', press: (model, view) => moved(model, view, page(model)) },
  { keys: ['pgup', 'ctrl-u'], does: 'a page up', press: (model, view) => moved(model, view, -page(model)) },
  {
    keys: ['/'],
    does: 'show only agents in whose row these words stand',
    foot: 'filter',
    press: (model, view) =>
      still({
        ...model,
        prompt: { kind: 'filter', text: view.filter, cursor: view.filter.length, agent: null },
      }),
  },
  { keys: ['o'], does: 'sort by the next column', foot: 'sort', press: (model, view) => sorted(model, view, 1) },
  {
    keys: ['O'],
    does: 'turn the order around',
    press: (model, view) => still(withTop(model, { ...view, reversed: !view.reversed })),
  },
  { keys: ['n'], does: 'only the next namespace; after the last one all', press: nextNamespace },
];

export const fleetKind: ViewKind<FleetView> = {
  title: () => 'agents',
  keymap: KEYMAP,
  lines: fleetLines,
  hear: hearsNothing,
};

function fleetLines(model: Model, view: FleetView, size: Size): readonly Line[] {
  const { fleet, look, now } = model;
  if (fleet === null) return [line('connecting to the daemon', { tone: 'dim' })];
  const agents = shownAgents(model, view);
  if (agents.length === 0) return [...stateLines(view), ...emptyLines(view, fleet.agents.length)].slice(0, size.rows);
  const selected = selectedAgent(model, view);
  const below = selected === null ? [] : explanationRows(model, selected.explanation, size);
  const above = stateLines(view);
  const height = Math.max(1, size.rows - 1 - above.length - below.length);
  const index = agents.findIndex(({ row }) => row.name === selected?.row.name);
  const top = bounded(index - Math.floor(height / 2), 0, Math.max(0, agents.length - height));
  const around = { now, look, sharers: sharersOf(fleet.agents) };
  const layout = layoutOf(agents, around, size.columns - 2);
  const rows = agents.slice(top, top + height).map((agent, offset) => {
    const isSelected = top + offset === index;
    const cells = agentLine(agent, top + offset, layout, look);
    const isMore = offset === 0 ? top > 0 : offset === height - 1 && top + height < agents.length;
    const mark = isMore ? glyph(offset === 0 ? 'up' : 'down', look) : ' ';
    if (!isSelected) return [span(`${mark} `, { tone: 'info' }), ...cells];
    return filledLine(
      [span('> '), ...cells].map((part) => ({ ...part, inverse: true })),
      size.columns,
      look,
    );
  });
  const free = latestLines(model, { columns: size.columns, rows: height - rows.length });
  return [...above, [span('  '), ...headLine(layout, look)], ...rows, ...free, ...below];
}

function explanationRows(model: Model, row: Parameters<typeof explanationLines>[1], size: Size): readonly Line[] {
  if (size.rows < ROWS_WITH_EXPLANATION || model.zoomed) return [];
  const room = Math.min(
    size.rows < HIGH_ROWS ? EXPLANATION_ROWS_MAX : EXPLANATION_ROWS_HIGH,
    size.rows - 1 - TABLE_ROWS_MIN,
  );
  return room < 2 ? [] : explanationLines(model, row, { columns: size.columns, rows: room });
}

/** What is left out, and in which order the rest stands, when that is not the usual. */
function stateLines({ filter, namespace, sort, reversed }: FleetView): readonly Line[] {
  const words = [
    ...(filter === '' ? [] : [`filter: ${filter}`]),
    ...(namespace === null ? [] : [`namespace: ${namespace}`]),
    ...(sort === 'trouble' && !reversed ? [] : [`sorted by ${sort}${reversed ? ', turned around' : ''}`]),
  ];
  return words.length === 0 ? [] : [line(`  ${words.join('   ')}`, { tone: 'info' })];
}

function emptyLines({ filter, namespace }: FleetView, known: number): readonly Line[] {
  if (known === 0) return [line('  There are no agents. Start some: agentvisor start FILE')];
  const why = filter === '' ? `in namespace ${namespace ?? ''}` : `with "${filter}" in its row`;
  return [line(`  None of ${known} agents is ${why}. Esc shows all.`)];
}

function moved(model: Model, view: FleetView, by: number): ReturnType<Binding<FleetView>['press']> {
  const agents = shownAgents(model, view);
  const selected = selectedAgent(model, view);
  const index = agents.findIndex(({ row }) => row.name === selected?.row.name);
  const next = agents[bounded(index + by, 0, agents.length - 1)];
  return still(next === undefined ? model : withTop(model, { ...view, selected: next.row.name }));
}

function sorted(model: Model, view: FleetView, by: number): ReturnType<Binding<FleetView>['press']> {
  const next = SORTS[(SORTS.indexOf(view.sort) + by) % SORTS.length] ?? 'trouble';
  return still(withTop(model, { ...view, sort: next, reversed: false }));
}

function nextNamespace(model: Model, view: FleetView): ReturnType<Binding<FleetView>['press']> {
  const all = [null, ...namespacesOf(model)];
  const next = all[(all.indexOf(view.namespace) + 1) % all.length] ?? null;
  return still(withTop(model, { ...view, namespace: next }));
}

const page = ({ size }: Model): number => pageOf(Math.floor(size.rows / 2));
