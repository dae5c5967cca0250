import { durationOf } from '../../wording/ages.ts';
import { receiptText } from '../../wording/incident-lines.ts';
import { localTime } from '../../wording/local-times.ts';
import { indented, labelled, type PageLine, type Section } from '../document.ts';
import { line, type Line, type Tone } from '../line.ts';
import type { AgentView, Model } from '../model.ts';
import { oneLine, tableOf, type Column } from '../table.ts';
import { CLOCK_WIDTH, clockTime } from '../times.ts';
import { knownIncidents } from './incident-words.ts';
import { timelineOf, type Outcome, type Timeline, type TimelineRow, type ToldRecovery } from './timeline.ts';

/** Rows of the timeline on one page; `history` has them all. */
const ROWS_MAX = 200;
const RECEIPTS_MAX = 20;
/** From here on there is room for the day and the second of each row. */
const COLUMNS_FULL_TIME = 120;

const TONES: Readonly<Record<Outcome, Tone | undefined>> = {
  'under way': 'warn',
  waiting: 'warn',
  errored: 'bad',
  stopped: 'dim',
  'never ready': 'bad',
  ready: 'good',
  verifying: 'warn',
  recovered: 'good',
  failed: 'bad',
  unproven: 'warn',
  '': undefined,
};

/** The restarts of an agent, newest first, and the receipts of its recoveries. */
export function restartSections(model: Model, view: AgentView, total: string, columns: number): readonly Section[] {
  if (view.history === null) return [{ title: 'RESTARTS', lines: [line(' not read yet', { tone: 'dim' })] }];
  const timeline = timelineOf(view.history);
  const title = total === '' ? 'RESTARTS' : `RESTARTS ${total}`;
  return [
    { title, lines: timelineLines(model, view, timeline, columns) },
    { title: 'RECEIPTS', lines: receiptLines(model, view.name, timeline, columns) },
  ];
}

function timelineLines(model: Model, view: AgentView, { rows }: Timeline, columns: number): readonly PageLine[] {
  if (rows.length === 0) return [line(' nothing has happened to it yet', { tone: 'dim' })];
  const shown = rows.slice(-ROWS_MAX).toReversed();
  const { head, lines } = tableOf(columnsOf(model, columns), shown, columns - 1, model.look);
  const hidden = rows.length - shown.length;
  const older =
    hidden > 0 || view.dropped > 0
      ? [line(` older ones: agentvisor history ${view.name}`, { tone: 'dim' as const })]
      : [];
  return [...[head, ...lines].map(indented), ...older];
}

/** What gives way first is the run, then what was said, then the attempt; when, why and how it ended stay. */
function columnsOf({ now }: Model, columns: number): readonly Column<TimelineRow>[] {
  const hasRoom = columns >= COLUMNS_FULL_TIME;
  return [
    { title: 'WHEN', cell: ({ at }) => (hasRoom ? localTime(at) : clockTime(at, now)) },
    { title: 'WHAT', cell: ({ what }) => what },
    { title: 'CAUSE', shortest: 9, cell: ({ cause }) => cause ?? '-' },
    { title: 'ATTEMPT', yields: 3, cell: ({ attempt }) => attempt ?? '' },
    { title: 'OUTCOME', cell: ({ outcome }) => outcome, tone: ({ outcome }) => TONES[outcome] },
    { title: 'DOWN', align: 'right', cell: (row) => downCell(row, now) },
    { title: 'RUN', yields: 1, cell: ({ run }) => (run === null ? '' : `#${run}`) },
    { title: 'WHAT WAS SAID', yields: 2, shortest: 14, cell: ({ detail }) => detail, tone: () => 'dim' },
  ];
}

function downCell({ downMs, downSince }: TimelineRow, now: number): string {
  if (downSince !== null) return `${durationOf(Math.max(0, now - downSince))}+`;
  return downMs === null ? '-' : durationOf(downMs);
}

function receiptLines(model: Model, name: string, timeline: Timeline, columns: number): readonly Line[] {
  const receipts = receiptsOf(model, name, timeline);
  const lines = receipts.slice(0, RECEIPTS_MAX).flatMap((receipt): readonly Line[] => {
    const where = receipt.incident === null ? '' : `${receipt.incident} ${receipt.cause ?? ''}: `;
    return labelled(clockTime(receipt.at, model.now), oneLine(`${where}${receiptText(receipt)}`), CLOCK_WIDTH, columns);
  });
  const hidden = receipts.length - RECEIPTS_MAX;
  return hidden > 0 ? [...lines, line(` and ${hidden} older ones`, { tone: 'dim' })] : lines;
}

/** The incident that a recovery stands in knows which request had failed; the history reaches farther back. Newest first. */
function receiptsOf(model: Model, name: string, { recoveries }: Timeline): readonly ToldRecovery[] {
  const known = new Map(recoveries.map((told) => [told.at, told]));
  for (const { id, cause, recoveries: theirs } of knownIncidents(model)) {
    for (const receipt of theirs)
      if (receipt.agent === name) known.set(receipt.at, { ...receipt, incident: id, cause });
  }
  return [...known.values()].toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at));
}
