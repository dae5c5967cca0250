import { runOf, type Agent, type Fleet } from '../../src/kernel/fleet.ts';

/** The states of a fleet that were reached, without what only tells one history from another: names, ids and times. */
const reached = new Set<number>();
let fresh: number[] = [];

/** Counts the fleet as reached. */
export function noteState(fleet: Fleet): void {
  const text = shapeOf(fleet);
  const hash = hashOf(text);
  if (reached.has(hash)) return;
  reached.add(hash);
  fresh.push(hash);
}

/** Those that were not there at the last call. */
export function takeNewStates(): readonly number[] {
  const taken = fresh;
  fresh = [];
  return taken;
}

function shapeOf({ agents, incidents, disk, safeMode }: Fleet): string {
  let text = `${disk === null ? '' : 'full '}${safeMode === null ? '' : 'safe '}`;
  for (const agent of Object.values(agents)) text += `${ofAgent(agent)};`;
  for (const { scope, cause, open } of Object.values(incidents)) text += `${scope} ${cause} ${open.length};`;
  return text;
}

function ofAgent({
  state,
  desired,
  paused,
  health,
  recovery,
  turn,
  queue,
  restart,
  patience,
  deleting,
}: Agent): string {
  const run = runOf(state);
  const life =
    run === null
      ? '-'
      : `${run.shim === null}${run.pid === null}${run.adopted}${run.catchingUp}${run.answered}${run.ended !== null}${run.writing !== null}`;
  const log = run?.log === undefined ? '' : `${run.log.cutting !== null}${run.log.held}`;
  const asked =
    turn === null
      ? '-'
      : `${turn.begun}${turn.accepted}${turn.repeated}${turn.answered}${turn.usedTools}${turn.measuring}${turn.suspectedAt !== null}${turn.failure?.kind ?? ''}`;
  const waiting = queue.map((one) => `${one.state}${one.origin}${one.partial}${Math.min(one.deliveries, 3)}`).join();
  const trouble = recovery === null ? '-' : `${recovery.stage}${recovery.next !== null}`;
  return `${state.at} ${desired}${paused}${deleting} ${health} ${life} ${log} ${asked} ${waiting} ${trouble} ${restart?.cause ?? ''}${restart?.how ?? ''} ${patience === null}`;
}

/** 53 bits of two FNV-1a hashes: of a million states hardly two are taken for one. */
function hashOf(text: string): number {
  let [one, other] = [0x811c9dc5, 0x9dc5811c];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ (code + 7), 0x01000193);
  }
  return (one >>> 0) * 2_097_152 + ((other >>> 0) & 0x1f_ffff);
}
