import type { Health } from '../../kernel/causes.ts';
import type { BoardAgent } from '../../protocol/board.ts';
import type { AgentRow, IncidentRow } from '../../protocol/rows.ts';
import { ageOf } from '../../wording/ages.ts';
import { count, listed } from '../../wording/count.ts';
import { localTime, withLocalTimes } from '../../wording/local-times.ts';
import { needsPerson } from '../../wording/trouble-lines.ts';
import { headerRows } from '../body.ts';
import { cutLine, span, spread, type Line, type Span, type Tone } from '../line.ts';
import type { FleetState, Link, Model } from '../model.ts';
import { countdownOrTime } from '../times.ts';
import { healthTone } from './fleet-columns.ts';

/** Who works, what is open, and what a person should do. */
export function headerLines(model: Model): readonly Line[] {
  const { size, look, fleet, now } = model;
  const clock = [span(localTime(new Date(now).toISOString()).slice(11), { tone: 'dim' }), span(' ')];
  const first = spread([...daemonSpans(model), ...agentSpans(fleet)], clock, size.columns, look);
  const todo = cutLine([span(' '), ...todoSpans(model)], size.columns, look);
  if (fleet === null) return [first, todo];
  const troubles = cutLine([span(' '), ...troubleSpans(fleet, now)], size.columns, look);
  return headerRows(model) < 3 ? [first, todo] : [first, troubles, todo];
}

function daemonSpans({ link, fleet, readonly, now }: Model): readonly Span[] {
  const version = fleet?.status?.version;
  return [
    span(` agentvisor${version === undefined ? '' : ` ${version}`}`, { bold: true }),
    ...(readonly ? [span(' read-only', { tone: 'info' })] : []),
    span('  '),
    linkSpan(link, fleet, now),
  ];
}

function linkSpan(link: Link, fleet: FleetState | null, now: number): Span {
  switch (link.at) {
    case 'connecting':
      return span('connecting', { tone: 'dim' });
    case 'live': {
      const startedAt = fleet?.status?.startedAt;
      return span(startedAt === undefined ? 'daemon up' : `daemon up ${ageOf(now - Date.parse(startedAt))}`);
    }
    case 'lost':
      return span(`DAEMON AWAY for ${ageOf(now - link.since)}, looking for it`, { tone: 'bad', bold: true });
    case 'offline':
      return span(`DAEMON NOT RUNNING, ${count(link.alive, 'agent')} alive`, { tone: 'bad', bold: true });
  }
}

/** `12 agents: 8 healthy, 1 wedged`, the worst first. */
function agentSpans(fleet: FleetState | null): readonly Span[] {
  if (fleet === null) return [];
  const groups = new Map<string, { count: number; tone: Tone | undefined; rank: number }>();
  for (const { row } of fleet.agents) {
    const { word, tone, rank } = standing(row);
    groups.set(word, { tone, rank, count: (groups.get(word)?.count ?? 0) + 1 });
  }
  const ordered = [...groups].toSorted((one, other) => one[1].rank - other[1].rank);
  return [
    span(`  ${count(fleet.agents.length, 'agent')}${ordered.length === 0 ? '' : ':'}`),
    ...ordered.map(([word, group]) =>
      span(` ${group.count} ${word}`, group.tone === undefined ? {} : { tone: group.tone }),
    ),
  ];
}

const RANKS: Readonly<Record<Health, number>> = {
  held: 1,
  wedged: 2,
  stalled: 2,
  quiet: 3,
  verifying: 4,
  suspect: 4,
  throttled: 5,
  capped: 5,
  healthy: 8,
  unknown: 9,
};

/** An agent in one word: its health while it is up, its state while it is not. */
function standing({ state, health, mode }: AgentRow): { word: string; tone: Tone | undefined; rank: number } {
  if (state === 'errored') return { word: 'errored', tone: 'bad', rank: 0 };
  if (state === 'stopped') return { word: 'stopped', tone: 'dim', rank: 10 };
  const hasTrouble = health !== 'healthy' && health !== 'unknown';
  if (hasTrouble) return { word: health, tone: healthTone(health), rank: RANKS[health] };
  if (state !== 'running') return { word: state, tone: 'warn', rank: 6 };
  if (health === 'unknown' && mode === 'command') return { word: 'up', tone: 'good', rank: 8 };
  return { word: health, tone: healthTone(health), rank: RANKS[health] };
}

function troubleSpans(fleet: FleetState, now: number): readonly Span[] {
  const open = fleet.incidents.filter(({ closedAt }) => closedAt === null);
  const credentials = fleet.credentials.filter(({ verdict }) => !['works', 'unproven'].includes(verdict));
  const degraded = fleet.status?.degraded ?? [];
  return [
    open.length === 0
      ? span('no open incident', { tone: 'good' })
      : span(`${count(open.length, 'open incident')}: ${listed(open.map((one) => incidentWords(one, fleet, now)))}`, {
          tone: 'warn',
        }),
    ...(credentials.length === 0
      ? []
      : [
          span(`   credentials: ${listed(credentials.map(({ name, verdict }) => `${name} ${verdict}`))}`, {
            tone: 'warn',
          }),
        ]),
    ...(degraded.length === 0 ? [] : [span(`   DEGRADED: ${degraded.join('; ')}`, { tone: 'bad', bold: true })]),
  ];
}

/** `auth-window on max (4 agents, try 1:24)`. */
function incidentWords({ id, cause, key, agents }: IncidentRow, fleet: FleetState, now: number): string {
  const times = fleet.agents.flatMap(({ row }) =>
    row.incident === id && row.nextAttemptAt !== null ? [row.nextAttemptAt] : [],
  );
  const next = times.toSorted()[0];
  const when = next === undefined ? '' : `, next ${countdownOrTime(next, now)}`;
  return `${cause} on ${key} (${agents.length === 1 ? (agents[0] ?? '') : count(agents.length, 'agent')}${when})`;
}

/** One line: what a person should do, if anything. */
function todoSpans(model: Model): readonly Span[] {
  const { link, fleet } = model;
  if (link.at === 'offline') return [action('bring the daemon and the agents that were up back: agentvisor resurrect')];
  if (link.at === 'lost') return [action(`nothing yet: its keeper starts it again (${link.why})`)];
  if (fleet === null) return [];
  const tasks = tasksOf(fleet);
  if (tasks.length > 0) return [action(tasks.join('; then '))];
  if ((fleet.status?.degraded ?? []).length > 0)
    return [action('mend what is degraded; agentvisor goes on by itself then')];
  const open = fleet.incidents.filter(({ closedAt }) => closedAt === null);
  return [
    span(open.length === 0 ? 'nothing for you to do' : 'nothing for you to do: agentvisor goes on by itself', {
      tone: 'good',
    }),
  ];
}

/** A dead secret first: one act helps all who wait for it. Then who needs a person for another reason, as in the table. */
function tasksOf({ agents, credentials }: FleetState): readonly string[] {
  const dead = credentials.filter(({ verdict }) => verdict === 'dead').map(({ name }) => name);
  const needy = agents.filter(({ row }) => needsPerson(row)).toSorted(byNameOf);
  const waiting = needy.filter(({ row }) => row.health === 'held' && dead.includes(row.credential?.name ?? ''));
  const others = needy.filter((agent) => !waiting.includes(agent));
  const held = waiting.length === 0 ? '' : ` (held: ${listed(waiting.map(({ row }) => row.name))})`;
  const [first] = others;
  return [
    ...(dead.length === 0
      ? []
      : [
          `replace the secret of ${listed(dead)}${held}: agentvisor rotate ${dead.length === 1 ? dead.join('') : ''}`.trimEnd(),
        ]),
    ...(first === undefined ? [] : [`${listed(others.map(({ row }) => row.name))}: ${todoOf(first)}`]),
  ];
}

const byNameOf = (one: BoardAgent, other: BoardAgent): number => (one.row.name < other.row.name ? -1 : 1);

const todoOf = ({ explanation }: BoardAgent): string =>
  withLocalTimes(explanation.todo === '' ? explanation.why : explanation.todo).replaceAll('\n', ' ');

const action = (text: string): Span => span(`YOU: ${text}`, { tone: 'bad', bold: true });
