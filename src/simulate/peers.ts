import { type Api, FIRST_ANSWER_MS, REFUSED_MS, type Caller } from './api.ts';
import type { Tally } from './tally.ts';
import type { Asked } from './workload.ts';

/**
 * Supervisors that know nothing of windows and nothing of each other's agents. Each is given more than it has: it is told
 * of a turn that was turned away, which in truth leaves the process alive and the supervisor content. It then ends that
 * agent's process, starts a new one after its delay, and asks what was not answered first. Nobody waits for anybody.
 */
export type Peer = {
  readonly told: string;
  /** @param failures since the last time that it was content, this one included */
  readonly delayMs: (failures: number) => number;
  /** After a process has lived so long the failures before it no longer count; null: they never do. */
  readonly forgetsAfterMs: number | null;
};

const fixed = (delayMs: number, told: string): Peer => ({ told, delayMs: () => delayMs, forgetsAfterMs: null });

const KUBELET_MS_MIN = 10_000;
const KUBELET_MS_MAX = 300_000;
const KUBELET_FORGETS_MS = 600_000;

export const PEERS = {
  systemd: fixed(5_000, 'restarts each failed agent after 5 s (RestartSec=5)'),
  fixed60: fixed(60_000, 'restarts each failed agent after 60 s'),
  fixed300: fixed(300_000, 'restarts each failed agent after 300 s'),
  kubelet: {
    told: 'restarts each failed agent after 10 s, doubling to 300 s, anew when it has run for 10 minutes',
    delayMs: (failures) => Math.min(KUBELET_MS_MAX, KUBELET_MS_MIN * 2 ** Math.min(failures - 1, 10)),
    forgetsAfterMs: KUBELET_FORGETS_MS,
  },
} as const satisfies Readonly<Record<string, Peer>>;

/** To end a process and to have a new one that listens: what the model of our own host takes, too. */
export const RESTART_MS = 1_500;

type Restart = { readonly at: number; readonly isNew: boolean };
type Next = (failedAt: number, opensAt: number, kind: 'window' | 'throttle', livedMs: number) => Restart;

export function runPeer(peer: Peer, callers: readonly Caller[], asked: readonly Asked[], api: Api, tally: Tally): void {
  for (const { name } of callers) {
    let failures = 0;
    const next: Next = (failedAt, _opensAt, _kind, livedMs) => {
      failures = peer.forgetsAfterMs !== null && livedMs >= peer.forgetsAfterMs ? 1 : failures + 1;
      return { at: failedAt + peer.delayMs(failures), isNew: true };
    };
    runAgent(name, asked, api, tally, next);
  }
}

/** It knows when the door opens, and restarts nobody before; nobody who is throttled at all. */
export function runOracle(callers: readonly Caller[], asked: readonly Asked[], api: Api, tally: Tally): void {
  const next: Next = (failedAt, opensAt, kind) => ({ at: Math.max(failedAt, opensAt), isNew: kind === 'window' });
  for (const { name } of callers) runAgent(name, asked, api, tally, next);
}

/** What one agent is asked, one after the other; nothing of it depends on any other agent. */
function runAgent(agent: string, asked: readonly Asked[], api: Api, tally: Tally, next: Next): void {
  let freeAt = 0;
  let bornAt = 0;
  for (const question of asked) {
    if (question.agent !== agent) continue;
    const { id, turnMs } = question;
    let startsAt = Math.max(freeAt, question.at);
    let isAttempt = false;
    for (;;) {
      const refusal = api.refusalIn(agent, startsAt, turnMs);
      const answeredAt = startsAt + Math.min(FIRST_ANSWER_MS, turnMs);
      if (refusal === null || refusal.at >= answeredAt) {
        tally.answered(agent, answeredAt);
        isAttempt = false;
      }
      if (refusal === null) break;
      const failedAt = refusal.at + REFUSED_MS;
      tally.refused(agent, failedAt, refusal, { id, isAttempt });
      const restart = next(failedAt, refusal.opensAt, refusal.kind, failedAt - bornAt);
      if (restart.isNew) tally.attempted(agent);
      if (restart.isNew) bornAt = restart.at;
      startsAt = restart.at + (restart.isNew ? RESTART_MS : 0);
      isAttempt = restart.isNew;
    }
    freeAt = startsAt + turnMs;
  }
}
