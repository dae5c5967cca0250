import { put, record, type Draft } from './draft.ts';
import { runOf, type Agent, type Fleet, type Run } from './fleet.ts';
import { beginStop } from './lifecycle.ts';
import { logOf, withLog } from './logs.ts';
import { stampOf } from './moment.ts';
import { tellDisk } from './notices.ts';
import { watchFrom } from './watches.ts';

/**
 * The disk that holds the agents' output is full. Each agent does what its `log.onFull` says: it gives up its oldest
 * output, or stands still, or is stopped; and goes on by itself when there is room again.
 */

type Known = Pick<Fleet, 'disk'>;

const FULL_TEXT = 'the disk is full';

/** The host has looked at the disk. @param missingBytes what would have to be freed; 0: there is room */
export function onDisk(draft: Draft, missingBytes: number): void {
  const isNews = missingBytes > 0 !== (draft.disk !== null);
  if (isNews) draft.disk = missingBytes > 0 ? { fullSince: stampOf(draft.moment) } : null;
  if (isNews && missingBytes > 0) tellDisk(draft);
  for (const agent of Object.values(draft.agents)) {
    const run = runOf(agent.state);
    if (isNews && run !== null) {
      const detail = missingBytes > 0 ? `log.onFull: ${agent.spec.log.onFull}` : 'there is room again';
      record(draft, agent, missingBytes > 0 ? 'disk-full' : 'disk-free', null, detail);
    }
    draft.touched.add(agent.spec.name);
    if (run !== null && missingBytes > 0) act(draft, agent, run, missingBytes, isNews);
  }
}

function act(draft: Draft, agent: Agent, run: Run, missingBytes: number, isNews: boolean): void {
  switch (agent.spec.log.onFull) {
    case 'truncate-oldest':
      draft.commands.push({ type: 'trim-logs', agent: agent.spec.name, run: run.id, missingBytes });
      return;
    case 'stop':
      // Once: who starts it again by hand while the disk is full has a reason.
      if (isNews && !agent.paused && (agent.state.at === 'running' || agent.state.at === 'starting')) {
        beginStop(draft, agent, run, { cause: 'operator', detail: FULL_TEXT, interrupt: agent.state.at === 'running' });
      }
      return;
    case 'block':
    // Below: also who gets ready later.
  }
}

/** Lets a running agent stand still while the disk is full. True: nothing else is decided for it in this round. */
export function holdOnFullDisk(draft: Draft, agent: Agent, run: Run): boolean {
  const { held } = logOf(run);
  const hold = draft.disk !== null && agent.spec.log.onFull === 'block' && !agent.paused;
  if (hold === held) return hold;
  draft.commands.push({ type: 'hold', agent: agent.spec.name, run: run.id, hold });
  // Its silence meanwhile was ours.
  const { turn } = agent;
  const watch = watchFrom(draft, agent, run, turn?.begun ?? false, 0);
  const watched = turn === null ? null : { ...turn, watch, measuring: false, busy: null };
  put(draft, withLog({ ...agent, turn: watched }, { at: 'running', run }, { held: hold }));
  return true;
}

/** While the disk is full nobody but an operator starts it. */
export const isKeptDown = ({ disk }: Known, { spec, desired }: Agent): boolean =>
  disk !== null && spec.log.onFull === 'stop' && desired === 'up';
