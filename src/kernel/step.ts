import { isReboot, spreadStarts } from './coming-up.ts';
import type { Command } from './commands.ts';
import { closeDraft, openDraft, type Draft } from './draft.ts';
import { drive } from './drive.ts';
import { driveRotations } from './drive-rotations.ts';
import { driveGates } from './drive-gates.ts';
import type { Event } from './events.ts';
import type { Fleet } from './fleet.ts';
import { invariant, must } from './invariant.ts';
import type { Moment } from './moment.ts';
import { onDaemon } from './own-trouble.ts';
import { onOperator } from './operator.ts';
import { onProcess } from './processes.ts';
import { onRotation } from './rotation.ts';
import { tellDeadlines } from './secret-deadlines.ts';
import { onWorld } from './world.ts';

export type Step = { readonly fleet: Fleet; readonly commands: readonly Command[] };

/** No decision needs more rounds than this; more is a bug that would hang the daemon. */
const ROUNDS_MAX = 1_000;

/**
 * The whole of agentvisor's judgement: what is known, what happened, when -> what is known now and what to do about it.
 * Pure: the same three always give the same two.
 */
export function step(fleet: Fleet, event: Event, moment: Moment): Step {
  const draft = openDraft(fleet, moment);
  if (isReboot(fleet, moment)) spreadStarts(draft);
  apply(draft, event);
  settle(draft);
  tellDeadlines(draft);
  return { fleet: closeDraft(draft), commands: draft.commands };
}

function apply(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'tick':
      for (const name of Object.keys(draft.agents)) draft.touched.add(name);
      return;
    case 'declared':
    case 'credential-declared':
    case 'desired':
    case 'restart-asked':
    case 'deleted':
    case 'message':
    case 'paused':
    case 'reset-asked':
    case 'notify-declared':
      onOperator(draft, event);
      return;
    case 'credential-changed':
    case 'deadline-seen':
    case 'wake-time':
    case 'log-dropped':
    case 'disk':
    case 'daemon-ends':
    case 'daemon-begins':
      onWorld(draft, event);
      return;
    case 'rotate-asked':
    case 'undo-asked':
    case 'rotation-found':
      onRotation(draft, event);
      return;
    case 'state-damaged':
    case 'run-found':
    case 'safe-mode':
    case 'time-lost':
      onDaemon(draft, event);
      return;
    case 'spawned':
    case 'pid-known':
    case 'spawn-failed':
    case 'never-spawned':
    case 'adopted':
    case 'caught-up':
    case 'exited':
    case 'gone':
    case 'writing':
    case 'written':
    case 'not-written':
    case 'heard':
    case 'measured':
    case 'log-grown':
    case 'log-cutting':
    case 'log-cut':
    case 'log-noted':
      onProcess(draft, event);
  }
}

function settle(draft: Draft): void {
  for (let round = 0; ; round += 1) {
    invariant(round < ROUNDS_MAX, 'a step settles');
    const names = [...draft.touched];
    draft.touched.clear();
    for (const name of names) {
      drive(draft, must(draft.agents[name], `${name} is there`));
    }
    if (draft.touched.size > 0) continue;
    // Who may try follows from what all of them have become.
    driveGates(draft);
    driveRotations(draft);
    if (draft.touched.size === 0) return;
  }
}
