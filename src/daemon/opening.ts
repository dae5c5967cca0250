import { mkdirSync, rmSync } from 'node:fs';
import { loadState, type Damage, type State } from '../home/journal.ts';
import { agentFolder, agentsFolder } from '../home/paths.ts';
import { identity } from '../home/process-identity.ts';
import { damagedRecords, holdsLines, setAside, setLinesAside } from '../home/quarantine.ts';
import type { Command } from '../kernel/commands.ts';
import { runOf, type Fleet } from '../kernel/fleet.ts';
import type { Engine } from './engine.ts';
import { Outbox } from './outbox/outbox.ts';
import { OwnTroubles } from './own-troubles.ts';
import { lastRunOnDisk, livingRuns } from './process/found-runs.ts';
import { sweeper } from './process/sweep.ts';
import type { Secrets } from './secrets.ts';
import { openStore, type Store } from './store.ts';

type Complain = (what: string, error: unknown) => void;

export type Opened = {
  readonly state: State;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly troubles: OwnTroubles;
  /** Runs with a higher number are this daemon's own. */
  readonly lastRun: number;
  /** What was damaged, for people. */
  readonly damage: readonly string[];
};

/** What the last daemon has left, and what goes on from there. What is damaged is moved aside first. */
export function openState(home: string, boot: string, secrets: Secrets, complain: Complain): Opened {
  mkdirSync(agentsFolder(home), { recursive: true, mode: 0o700 });
  const state = loadState(home);
  const damage = moveAside(home, state.damage, complain);
  const outbox = new Outbox({ home, boot, identity, sweeper, secrets: () => secrets.known(), complain });
  const store = openStore(home, outbox);
  const lastRun = Math.max(state.fleet.sequence, lastRunOnDisk(home));
  for (const { seq, commands } of state.replayed) store.recordMissing(seq, commands);
  for (const { commands } of state.replayed) forgetAgain(home, state.fleet, commands, complain);
  return { state, store, outbox, damage, lastRun, troubles: new OwnTroubles(home, () => store.refusals()) };
}

/** A daemon that died while it removed what a deleted agent had left did not come to its end. */
function forgetAgain(home: string, { agents }: Fleet, commands: readonly Command[], complain: Complain): void {
  for (const command of commands) {
    if (command.type !== 'forget' || agents[command.agent] !== undefined) continue;
    try {
      rmSync(agentFolder(home, command.agent), { recursive: true, force: true });
    } catch (error) {
      complain('forget', error);
    }
  }
}

/** The good lines of a file of lines stay in its place. */
function moveAside(home: string, damage: readonly Damage[], complain: Complain): readonly string[] {
  const records = damagedRecords(home).map((file) => ({ what: `${file.slice(home.length + 1)} is damaged`, file }));
  return [...damage, ...records].map(({ what, file }) => {
    complain('state', what);
    try {
      if (file !== null && holdsLines(file)) setLinesAside(file);
      else if (file !== null) setAside(file);
      return what;
    } catch (error) {
      complain('state', error);
      return `${what} and cannot be moved aside`;
    }
  });
}

/** Tells the kernel what is lost, and of processes that it does not know any more, before anything is begun anew. */
export async function tellDamage(home: string, boot: string, opened: Opened, engine: Engine): Promise<void> {
  const { state, troubles } = opened;
  const lastRun = lastRunOnDisk(home);
  const isBehind = lastRun > state.fleet.sequence;
  const behind = `the state ends before run ${lastRun}, which has left its files: what was last is forgotten`;
  const what = [...opened.damage, ...(isBehind ? [behind] : [])];
  const unknown = (await livingRuns(home, boot)).filter(({ agent, run }) => {
    const known = engine.fleet.agents[agent];
    return known === undefined || runOf(known.state)?.id !== run;
  });
  const isDeclared = (agent: string): boolean => engine.fleet.agents[agent] !== undefined;
  const found = unknown.filter(({ agent }) => isDeclared(agent)).map(({ agent, run }) => ({ agent, run }));
  if (what.length > 0) troubles.note(what);
  // In one event: whatever makes an agent decide would start a second process beside one that lives.
  if (what.length > 0 || found.length > 0) await engine.submit({ type: 'state-damaged', what, lastRun, found });
  troubles.noteStrays(unknown.filter(({ agent }) => !isDeclared(agent)));
  // What was read from damaged files is on the disk as a whole again.
  if (what.length > 0 || unknown.length > 0) await engine.save();
}
