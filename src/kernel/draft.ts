import type { Cause } from './causes.ts';
import type { Command, HistoryEvent } from './commands.ts';
import { runOf, type Agent, type Fleet, type SafeMode } from './fleet.ts';
import type { SeenWindow } from './inspection.ts';
import { must } from './invariant.ts';
import type { CredentialRecord } from './ledger.ts';
import type { Incident } from './trouble.ts';
import { rebase, stampOf, type Moment } from './moment.ts';
import type { CredentialSpec, NotifySpec } from './spec.ts';

/**
 * One step in the making. The maps are this step's own copies; the values in them are never changed, only replaced,
 * so that the fleet which came in stays as it was.
 */
export type Draft = {
  readonly moment: Moment;
  readonly agents: Record<string, Agent>;
  readonly credentials: Record<string, CredentialSpec>;
  readonly ledger: Record<string, CredentialRecord>;
  readonly incidents: Record<string, Incident>;
  readonly notify: Record<string, readonly NotifySpec[]>;
  seenWindows: readonly SeenWindow[];
  readonly commands: Command[];
  /** Agents that must decide anew before the step ends. */
  readonly touched: Set<string>;
  readonly changedIncidents: Set<string>;
  safeMode: SafeMode | null;
  sequence: number;
  disk: Fleet['disk'];
};

/** After a reboot the deadlines are moved first: nothing may be compared with the clock of another boot. */
export function openDraft(fleet: Fleet, moment: Moment): Draft {
  const current = fleet.seen !== null && fleet.seen.boot !== moment.boot ? rebase(fleet, fleet.seen, moment) : fleet;
  return {
    moment,
    agents: { ...current.agents },
    credentials: { ...current.credentials },
    ledger: { ...current.ledger },
    incidents: { ...current.incidents },
    notify: { ...current.notify },
    seenWindows: current.seenWindows ?? [],
    commands: [],
    touched: new Set(),
    changedIncidents: new Set(),
    safeMode: current.safeMode,
    sequence: current.sequence,
    disk: current.disk,
  };
}

/** Files every incident that changed, forgets the closed ones, and gives the new fleet. */
export function closeDraft(draft: Draft): Fleet {
  for (const id of draft.changedIncidents) {
    const incident = must(draft.incidents[id], `${id} has changed in this step`);
    draft.commands.push({ type: 'file-incident', incident });
    if (incident.closedAt !== null) delete draft.incidents[id];
  }
  return {
    format: 1,
    seen: stampOf(draft.moment),
    sequence: draft.sequence,
    agents: draft.agents,
    credentials: draft.credentials,
    ledger: draft.ledger,
    incidents: draft.incidents,
    notify: draft.notify,
    disk: draft.disk,
    safeMode: draft.safeMode,
    ...(draft.seenWindows.length === 0 ? {} : { seenWindows: draft.seenWindows }),
  };
}

/** Stores an agent and has it decide anew; `since` follows when its state or health has changed. */
export function put(draft: Draft, agent: Agent): Agent {
  const before = draft.agents[agent.spec.name];
  const moved = before === undefined || before.state.at !== agent.state.at || before.health !== agent.health;
  const stored = moved ? { ...agent, since: stampOf(draft.moment) } : agent;
  draft.agents[agent.spec.name] = stored;
  draft.touched.add(agent.spec.name);
  return stored;
}

/** For runs, incidents, agents and our own prompts; never given twice. */
export function nextNumber(draft: Draft): number {
  draft.sequence += 1;
  return draft.sequence;
}

/** A line for the agent's history and for those who watch. */
export function record(draft: Draft, agent: Agent, event: HistoryEvent, cause: Cause | null, detail: string): void {
  draft.commands.push({
    type: 'record',
    agent: agent.spec.name,
    at: draft.moment.wall,
    run: runOf(agent.state)?.id ?? null,
    event,
    cause,
    detail,
  });
}
