import { runOf, type Agent, type Fleet } from '../kernel/fleet.ts';
import type { CredentialSpec } from '../kernel/spec.ts';
import { readHistory, readIncidents, readRawIncidents } from '../home/records.ts';
import { runFolder } from '../home/paths.ts';
import { PROTOCOL, type AgentResult, type DaemonStatus, type Description, type PlanParams } from '../protocol/api.ts';
import { explanationRow } from '../protocol/explanation.ts';
import { incidentStats, type IncidentStats } from '../protocol/incident-stats.ts';
import { planOf } from '../protocol/plan.ts';
import type { AgentRow, EventRow, ExplanationRow, HistoryRow, IncidentRow } from '../protocol/rows.ts';
import { VERSION } from '../protocol/version.ts';
import { activityRows, incidentRow, iso } from '../protocol/views.ts';
import type { DaemonContext } from './context.ts';
import { findAgent, findAgents } from './targets.ts';

/** Finished messages of one agent that `describe` shows, beside all that wait. */
const FINISHED_SHOWN_MAX = 10;

export async function list(context: DaemonContext, targets: readonly string[]): Promise<readonly AgentRow[]> {
  const fleet = context.engine.fleet;
  const rows = await context.rows(fleet);
  if (targets.length === 0) return rows;
  const names = new Set(findAgents(fleet, targets).map(({ spec }) => spec.name));
  return rows.filter((row) => names.has(row.name));
}

export async function describe(context: DaemonContext, targets: readonly string[]): Promise<readonly Description[]> {
  const rows = new Map((await list(context, targets)).map((row) => [row.name, row]));
  const fleet = context.engine.fleet;
  return findAgents(fleet, targets).flatMap((agent) => {
    const row = rows.get(agent.spec.name);
    return row === undefined ? [] : [describeOne(context, fleet, agent, row)];
  });
}

function describeOne(context: DaemonContext, fleet: Fleet, agent: Agent, row: AgentRow): Description {
  const run = runOf(agent.state);
  const { name } = agent.spec;
  return {
    agent: row,
    spec: { ...agent.spec, env: hidden(agent.spec.env) },
    explain: explanationRow(fleet, agent, context.clock.now()).text,
    runFolder: run === null ? null : runFolder(context.home, name, run.id),
    activity: activityRows(agent),
    dropped: agent.dropped === undefined ? null : { lines: agent.dropped.lines, bytes: agent.dropped.bytes },
    messages: [...agent.finished.slice(-FINISHED_SHOWN_MAX), ...agent.queue].map(({ id, state, queuedAt, cause }) => ({
      id,
      state,
      queuedAt: iso(queuedAt),
      cause,
    })),
  };
}

/** No target: all agents. */
export function explain(context: DaemonContext, targets: readonly string[]): readonly ExplanationRow[] {
  const { fleet } = context.engine;
  const now = context.clock.now();
  return findAgents(fleet, targets.length === 0 ? ['all'] : targets).map((agent) => explanationRow(fleet, agent, now));
}

/** As declared, by name. */
export const credentials = ({ engine }: DaemonContext): readonly CredentialSpec[] =>
  Object.values(engine.fleet.credentials).toSorted((one, other) => (one.name < other.name ? -1 : 1));

/** What `apply` would do. */
export const plan = (context: DaemonContext, params: PlanParams): readonly AgentResult[] =>
  planOf(Object.values(context.engine.fleet.agents), params);

/** Values of an environment are never shown; that they are set is. */
const hidden = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.keys(env).map((name) => [name, '(set)']));

export function history(context: DaemonContext, agent: string): readonly HistoryRow[] {
  findAgent(context.engine.fleet, agent);
  return readHistory(context.home, agent).map(({ at, run, event, cause, detail }) => ({
    at,
    run,
    event,
    cause,
    detail,
  }));
}

export const incidents = ({ engine, home }: DaemonContext, open: boolean): readonly IncidentRow[] =>
  open ? Object.values(engine.fleet.incidents).map(incidentRow) : readIncidents(home);

export const stats = (context: DaemonContext): IncidentStats =>
  incidentStats(readRawIncidents(context.home), context.clock.now().wall);

export const events = (context: DaemonContext, lines: number): readonly EventRow[] =>
  lines <= 0 ? [] : readHistory(context.home).slice(-lines);

export async function status(context: DaemonContext): Promise<DaemonStatus> {
  const fleet = context.engine.fleet;
  const agents = Object.values(fleet.agents);
  const uptimeMs = Math.round(process.uptime() * 1000);
  return {
    pid: process.pid,
    version: VERSION,
    protocol: PROTOCOL,
    home: context.home,
    socket: context.socket,
    startedAt: iso(context.clock.now().wall - uptimeMs),
    uptimeMs,
    agents: agents.length,
    alive: agents.filter(({ state }) => runOf(state) !== null).length,
    openIncidents: Object.keys(fleet.incidents).length,
    rss: process.memoryUsage.rss(),
    timeLost: context.lag(),
    degraded: [...context.degraded(), ...context.outbox.degraded()],
  };
}
