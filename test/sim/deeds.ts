import { runOf } from '../../src/kernel/fleet.ts';
import type { Agent } from './agent/agent.ts';
import type { Fate } from './agent/town.ts';
import type { Deed, Move } from './history.ts';
import type { Play } from './play.ts';

type Act = (play: Play, move: Move) => void | Promise<void>;

/** A number between two bounds, of one of a move's own. */
const within = (part: number, from: number, to: number): number => from + part * (to - from);

function oneOf<T>(part: number, all: readonly [T, ...T[]]): T {
  return all[Math.floor(part * all.length)] ?? all[0];
}

/** The process of an agent that lives, if there is one. */
function living({ town }: Play, name: string): Agent | undefined {
  return [...town.agents.values()].find(({ mind, process }) => mind.agent === name && process.isAlive);
}

const fate =
  (make: (move: Move) => Fate): Act =>
  ({ town }, move) => {
    town.fates.set(move.agent, { ...town.fates.get(move.agent), ...make(move) });
  };

const verb =
  (ask: (play: Play, move: Move) => void): Act =>
  (play, move) =>
    play.box.inDaemon(() => ask(play, move));

function kill(play: Play): void {
  play.box.killDaemon();
}

function cutPower(play: Play, { x }: Move): void {
  const { box, town } = play;
  play.forget();
  box.killDaemon();
  box.forget();
  for (const agent of town.agents.values()) agent.mind.alive = false;
  town.agents.clear();
  for (const process of box.processes.table.values()) process.isAlive = false;
  box.processes.table.clear();
  box.disk.powerCut();
  box.reboot(within(x, 500, 20_000));
  box.later(100, () => play.beginDaemon());
}

function fillDisk(play: Play, { x, y }: Move): void {
  const { box } = play;
  const { disk } = box;
  play.hasBeenFull = true;
  disk.room = Math.floor(x * 3_000);
  box.later(within(y, 50, 3_000), () => {
    disk.room = Infinity;
  });
}

function crash(play: Play, { agent, x }: Move): void {
  const one = living(play, agent);
  if (one === undefined) return;
  if (x < 0.7) one.die(x < 0.3 ? 0 : 1, 'it has crashed');
  else one.hang();
}

const ACTS: Readonly<Record<Deed, Act>> = {
  send: verb(({ operator }, { agent, x, y }) => operator.send(agent, x < 0.03 ? 5_000 : Math.floor(y * 200))),
  'send-again': verb(({ operator }) => operator.sendAgain()),
  stop: verb(({ operator }, { agent }) => operator.desire('stop', agent)),
  start: verb(({ operator }, { agent }) => operator.desire('start', agent)),
  delete: verb(({ operator }, { agent }) => operator.desire('delete', agent)),
  restart: verb(({ operator }, { agent, x }) => operator.restart(agent, oneOf(x, ['interrupt', 'now', 'after-turn']))),
  pause: verb(({ operator }, { agent }) => operator.pause(agent, true)),
  resume: verb(({ operator }, { agent }) => operator.pause(agent, false)),
  reset: verb(({ operator }, { agent }) => operator.tell('reset', [agent])),
  apply: verb(({ operator }) => operator.apply()),
  save: verb(({ operator }) => operator.tell('save', [])),
  flush: verb(({ operator }) => operator.tell('flush', ['all'])),
  look: verb(({ operator }, { x }) => operator.tell(oneOf(x, ['list', 'status', 'explain']), [])),
  'kill-daemon': kill,
  'kill-daemon-in-a-call': ({ box }, { x, y }) => {
    box.death = { calls: 1 + Math.floor(x * x * 60), when: oneOf(y, ['before', 'amid', 'after']) };
  },
  'kill-daemon-at-a-standstill': ({ box }, { x, y }) => {
    box.deathAtStandstill = { calls: 1 + Math.floor(x * 12), when: oneOf(y, ['before', 'amid', 'after']) };
  },
  'stop-daemon': (play) => play.closeDaemon(),
  'power-cut': cutPower,
  'lose-notifications': ({ box }, { x, y }) => {
    box.lossy = 0.2 + 0.8 * x;
    box.later(within(y, 100, 4_000), () => {
      box.lossy = 0;
    });
  },
  'full-disk': fillDisk,
  'clock-jump': ({ box }, { x }) => {
    box.wallOffset += oneOf(x, [-3_600_000, -5_000, 5_000, 3_600_000, 86_400_000]);
  },
  sleep: ({ box }, { x }) => {
    box.asleepMs += within(x, 3_000, 8 * 3_600_000);
  },
  stall: ({ box }, { x }) => {
    box.stalledUntil = Math.max(box.stalledUntil, box.now + within(x, 500, 8_000));
  },
  'agent-crash': crash,
  'agent-killed': (play, { agent }) => living(play, agent)?.die(137),
  'shim-killed': (play, { agent }) => {
    const run = runOf(play.core?.engine.fleet.agents[agent]?.state ?? { at: 'stopped', ended: false });
    const shim = play.box.processes.table.get(run?.shim?.pid ?? 0);
    shim?.take('SIGKILL');
  },
  hang: (play, { agent }) => living(play, agent)?.hang(),
  mute: fate(({ x }) => (x < 0.5 ? { hangs: true } : { speechless: true })),
  'reject-session': (play, { agent, x }) => {
    const one = living(play, agent);
    if (one !== undefined) one.mind.api = x < 0.9 ? 'auth' : 'credential';
  },
  'reject-credential': ({ box, town }, { x, y }) => {
    const credential = oneOf(x, ['file', 'handed']);
    town.api.windows.add(credential);
    box.later(within(y, 100, 4_000), () => void town.api.windows.delete(credential));
  },
  overload: ({ box, town }, { x, y }) => {
    const limited = `${oneOf(x, ['file', 'handed'])} opus`;
    town.api.limits.set(limited, oneOf(y, ['overloaded', 'server', 'throttled']));
    box.later(within(y, 100, 2_000), () => void town.api.limits.delete(limited));
  },
  'late-exit': ({ town }) => {
    town.lateExits += 1;
  },
  stubborn: fate(({ x }) => ({ termMs: x < 0.5 ? Infinity : within(x, 0, 2_000) })),
  'leaves-behind': fate(() => ({ leavesBehind: true })),
  chatter: (play, { agent, x }) => {
    const everyMs = within(x, 5, 100);
    const one = living(play, agent);
    if (one === undefined) play.town.fates.set(agent, { ...play.town.fates.get(agent), chatterMs: everyMs });
    else one.chat(everyMs, 25);
  },
  'no-processes': ({ box }, { x }) => {
    box.processes.refusals = 1 + Math.floor(x * 3);
  },
};

export async function carryOut(play: Play, move: Move): Promise<void> {
  play.count(move.do);
  await ACTS[move.do](play, move);
}
