import { put, record, type Draft } from './draft.ts';
import type { DaemonEvent, RunId } from './events.ts';
import { runOf, type Agent } from './fleet.ts';
import { unknownRun } from './lifecycle.ts';
import { after, stampOf } from './moment.ts';
import { tellOfDaemon } from './notices.ts';
import { pause } from './operator.ts';
import { abandonRecovery } from './recovery.ts';
import { onTimeLost } from './time-lost.ts';
import { cutOff } from './turns.ts';

/** What a daemon finds wrong with what the one before it has left, or with itself. */
export function onDaemon(draft: Draft, event: DaemonEvent): void {
  switch (event.type) {
    case 'state-damaged':
      onDamage(draft, event);
      return;
    case 'run-found':
      onFound(draft, event.agent, event.run);
      return;
    case 'safe-mode':
      if (event.on) beginSafeMode(draft, event.why);
      else endSafeMode(draft);
      return;
    case 'time-lost':
      onTimeLost(draft, event);
  }
}

/** Everybody's history tells of it: what is missing may be anybody's. */
function onDamage(draft: Draft, { what, lastRun, found = [] }: Extract<DaemonEvent, { type: 'state-damaged' }>): void {
  draft.sequence = Math.max(draft.sequence, lastRun);
  for (const { agent, run } of found) onFound(draft, agent, run);
  if (what.length === 0) return;
  const detail = what.join('; ');
  for (const agent of Object.values(draft.agents)) record(draft, agent, 'state-damaged', null, detail);
  tellOfDaemon(draft, 'state-damaged', `agentvisor's own state was damaged: ${detail}. See: agentvisor daemon status`);
}

/**
 * A process that nobody remembers is the newest evidence of what was wanted. To start a second one beside it would be worse
 * than anything that it could be: it is taken over, and all that it has said is heard again.
 */
function onFound(draft: Draft, name: string, run: RunId): void {
  const agent = draft.agents[name];
  if (agent === undefined || isKnown(agent, run)) return;
  const cut = { cause: 'unknown', detail: 'the state of that time is lost', isBad: false } as const;
  const idle = agent.turn === null ? agent : cutOff(draft, agent, agent.turn, cut);
  const found = { ...abandonRecovery(draft, idle), desired: 'up', deleting: false, restart: null } as const;
  const deadline = after(draft.moment, agent.spec.watch.startTimeoutMs);
  const state = { at: 'starting', run: unknownRun(draft, agent, run), deadline } as const;
  record(draft, put(draft, { ...found, state, turn: null, health: 'unknown' }), 'found', null, '');
}

/** It has that one, or a newer one: runs are numbered as they begin. */
function isKnown({ state }: Agent, found: RunId): boolean {
  const own = runOf(state);
  return own !== null && Number(own.id) >= Number(found);
}

/** Told once, however many daemons follow before a person has ended it. */
function beginSafeMode(draft: Draft, why: string): void {
  if (draft.safeMode !== null) return;
  const agents = Object.values(draft.agents).filter(({ paused }) => !paused);
  draft.safeMode = { since: stampOf(draft.moment), why, agents: agents.map(({ spec }) => spec.name) };
  for (const agent of agents) pause(draft, agent, true, null, `safe mode: ${why}`);
  const text = `agentvisor is in safe mode: ${why}. Agents go on, and nothing is decided for them. When it is mended: agentvisor daemon restart`;
  tellOfDaemon(draft, 'safe-mode', text);
}

/** Who was paused by a person stays so. */
function endSafeMode(draft: Draft): void {
  for (const name of draft.safeMode?.agents ?? []) {
    const agent = draft.agents[name];
    if (agent !== undefined) pause(draft, agent, false, null, 'safe mode has ended');
  }
  draft.safeMode = null;
}
