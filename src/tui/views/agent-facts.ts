import type { Description } from '../../protocol/api.ts';
import type { BoardAgent } from '../../protocol/board.ts';
import type { ExplanationRow } from '../../protocol/rows.ts';
import { factsOf, type Fact } from '../../wording/agent-facts.ts';
import { durationOf } from '../../wording/ages.ts';
import { localTime, withLocalTimes } from '../../wording/local-times.ts';
import { labelled, type Section } from '../document.ts';
import { line, wrapText, type Line } from '../line.ts';
import { oneLine } from '../table.ts';

const LABEL_WIDTH = 15;
const SAYING_WIDTH = 5;

/** Why, what comes next, what a person could do: each as long as it is. */
export function explanationLines(row: ExplanationRow, columns: number): readonly Line[] {
  const said = [
    ['why', row.why],
    ['next', row.next],
    ['you', row.todo],
  ] as const;
  return [
    ...wrapText(withLocalTimes(oneLine(row.is)), columns - 2).map((text) => line(` ${text}`, { bold: true })),
    ...said.flatMap(([label, text]) =>
      text === '' ? [] : labelled(label, withLocalTimes(oneLine(text)), SAYING_WIDTH, columns),
    ),
  ];
}

/** The last turn, the facts that `describe` tells, and what the agent is given. */
export function factSections(
  { row, fallback }: Pick<BoardAgent, 'row' | 'fallback'>,
  description: Description | null,
  now: number,
  columns: number,
): readonly Section[] {
  const known = {
    spec: null,
    explain: null,
    runFolder: null,
    activity: null,
    messages: null,
    ...description,
    agent: row,
  };
  // It has a section of its own.
  const facts = factsOf(known, now).filter(([key]) => key !== 'last turn');
  return [
    { title: 'LAST TURN', lines: factLines(lastTurnFacts(row), columns) },
    { title: 'AGENT', lines: factLines([...facts, ...moreFacts(row, fallback)], columns) },
    ...(description === null ? [] : givenSections(description, columns)),
  ];
}

function factLines(facts: readonly Fact[], columns: number): readonly Line[] {
  return facts.flatMap(([key, value]) => (value === null ? [] : labelled(key, oneLine(value), LABEL_WIDTH, columns)));
}

/** A command has no turns. */
function lastTurnFacts({ mode, lastTurn, inTurn }: BoardAgent['row']): readonly Fact[] {
  if (mode === 'command') return [];
  const now: Fact = ['now', inTurn ? 'a turn is under way' : null];
  if (lastTurn === null) return [now, ['outcome', 'it has had no turn yet']];
  const { startedAt, endedAt, outcome, cause, status, requestId } = lastTurn;
  const tookMs = endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt);
  return [
    now,
    ['outcome', [outcome, cause, status].filter((part) => part !== null).join(' ')],
    ['began', localTime(startedAt)],
    ['took', tookMs === null ? null : durationOf(Math.max(0, tookMs))],
    ['request', requestId],
  ];
}

function moreFacts(row: BoardAgent['row'], fallback: string | null): readonly Fact[] {
  const { tier, auth401s, adopted, notionalUsd } = row;
  return [
    ['works on', fallback === null ? null : `${fallback}, while its own credential is in trouble`],
    ['models', tier],
    ['rejections', auth401s === 0 ? null : String(auth401s)],
    ['would cost', notionalUsd > 0 ? `$${notionalUsd.toFixed(2)} without a subscription` : null],
    ['adopted', adopted ? 'its process is older than the daemon' : null],
  ];
}

function givenSections({ spec, messages }: Description, columns: number): readonly Section[] {
  const { claude, credentials, env, envPass, envFile } = spec;
  const program: readonly Fact[] =
    spec.mode === 'command'
      ? []
      : [
          ['program', claude.bin],
          ['arguments', claude.args.length === 0 ? null : claude.args.join(' ')],
          ['asked model', claude.model],
        ];
  const environment: readonly Fact[] = [
    ...Object.entries(env).map(([name, value]): Fact => [name, value]),
    ...envPass.map((name): Fact => [name, '(as it was set where its file was started)']),
    ['from the file', envFile],
  ];
  return [
    {
      title: 'GIVEN TO IT',
      lines: factLines(
        [...program, ['credentials', credentials.length === 0 ? null : credentials.join(', ')]],
        columns,
      ),
    },
    { title: 'ENVIRONMENT', lines: environmentLines(environment, columns) },
    { title: 'MESSAGES', lines: messageLines(messages, columns) },
  ];
}

/** Names of variables are longer than our labels, so that each has its value behind it. */
const environmentLines = (facts: readonly Fact[], columns: number): readonly Line[] =>
  facts.flatMap(([key, value]) =>
    value === null ? [] : wrapText(`${oneLine(key)}  ${oneLine(value)}`, columns - 2).map((text) => line(` ${text}`)),
  );

function messageLines(messages: Description['messages'], columns: number): readonly Line[] {
  return messages
    .toReversed()
    .flatMap(({ id, state, queuedAt, cause }) =>
      wrapText(`${localTime(queuedAt)}  ${state}${cause === null ? '' : ` (${cause})`}  ${id}`, columns - 2).map(
        (text) => line(` ${text}`),
      ),
    );
}
