import {
  beginChecks,
  closeCore,
  contextOf,
  goOn,
  mendState,
  openCore,
  systemPorts,
  type Core,
} from '../../src/daemon/core.ts';
import type { Change } from '../../src/daemon/engine.ts';
import { serveMethods } from '../../src/daemon/methods.ts';
import { CookieSweeper } from '../../src/daemon/process/sweep.ts';
import { ProcTable } from '../../src/daemon/process/table-proc.ts';
import { runOf, type Agent, type Fleet } from '../../src/kernel/fleet.ts';
import { townOf, type News, type Town } from './agent/town.ts';
import { SECRET_FILE } from './cast.ts';
import { checkAtTheEnd, checkBlame, checkHealth, checkNews } from './checks.ts';
import { carryOut } from './deeds.ts';
import { tell, type History } from './history.ts';
import { Operator } from './operator.ts';
import { DIED, Machine, use } from './os/machine.ts';
import { noteState } from './states.ts';

export const HOME = '/h';
/** After the last move the product has this long to bring everything to its end. */
const SETTLE_MS_MAX = 300_000;
/** A daemon that says nothing for so long has not come up. */
const READY_MS_MAX = 60_000;

/** A second until the next look, and what follows from it. */
const KNOWN_MS = 2_000;

export type Result = {
  readonly failure: string | null;
  readonly trace: readonly string[];
  readonly faults: ReadonlyMap<string, number>;
  readonly complaints: ReadonlyMap<string, number>;
  readonly simulatedMs: number;
};

/** A history while it is played: the machine, who lives on it, and the daemon that does right now. */
export class Play {
  readonly box: Machine;
  readonly town: Town;
  readonly operator: Operator;
  readonly history: History;
  readonly faults = new Map<string, number>();
  readonly complaints = new Map<string, number>();
  core: Core | null = null;
  /** It has taken up everything and answers. */
  isReady = false;
  readyAt = 0;
  /** The disk could not keep all that a daemon knew when it died: a power cut, or no room. */
  hasForgotten = false;
  hasBeenFull = false;
  /** The keeper starts no daemon: the history is at its end. */
  isOver = false;

  constructor(history: History, isTraced: boolean) {
    this.history = history;
    this.box = new Machine(history.seed, isTraced);
    this.town = townOf(this.box);
    this.operator = new Operator(this.box, history.agents);
    this.box.onDeath = () => this.#daemonGone();
    this.town.onNews = (news) => this.#mustKnowSoon(news);
  }

  /** One half of a line is what a crash leaves; two of them in one file count as damage, which is told and kept. */
  get mayBeTorn(): boolean {
    return this.box.cuts > 1;
  }

  forget(): void {
    this.hasForgotten = true;
    this.town.isHonest = false;
  }

  count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  /** What the keeper does: a daemon over what the last one has left. */
  beginDaemon(): void {
    const { box } = this;
    if (box.isDaemonAlive || this.isOver) return;
    box.daemon += 1;
    box.isDaemonAlive = true;
    box.mustSettle = true;
    box.note(() => `daemon ${box.daemon} begins`);
    try {
      const core = openCore(HOME, (what, error) => this.#complain(what, error), {
        ...systemPorts(),
        sweeper: new CookieSweeper(new ProcTable()),
      });
      this.core = core;
      core.engine.watch((change) => this.#look(change));
      void this.#goOn(core);
    } catch (error) {
      if (error === DIED) return;
      // The keeper begins another one.
      this.count('a daemon that could not begin');
      if (box.disk.room === Infinity) box.fail(`it does not begin: ${String(error)}`);
      box.killDaemon();
    }
  }

  /** It is asked to end, and does. */
  async closeDaemon(): Promise<void> {
    const { core, box } = this;
    if (core === null || !this.isReady) return;
    let isClosed = false;
    await box.inDaemon(() => {
      closeCore(core).then(
        () => (isClosed = true),
        () => undefined,
      );
    });
    await box.run(box.now + READY_MS_MAX, () => !isClosed && box.isDaemonAlive);
    if (box.isDaemonAlive && !isClosed) box.fail('the daemon does not end');
    box.killDaemon();
  }

  async #goOn(core: Core): Promise<void> {
    const { box, operator } = this;
    const { daemon } = box;
    await goOn(core, { loop: null, hasCrashed: true });
    if (!box.isDaemonAlive || box.daemon !== daemon) return;
    beginChecks(core, () => mendState(core, []));
    // It may die in its first look.
    if (this.core !== core) return;
    operator.handle = serveMethods(contextOf(core, () => undefined));
    this.isReady = true;
    this.readyAt = box.now;
    box.note(() => `daemon ${daemon} is ready`);
  }

  /** A daemon that lives and is let run knows within two seconds what has happened, whatever notification was lost. */
  #mustKnowSoon(news: News): void {
    const { box } = this;
    const { daemon } = box;
    box.later(KNOWN_MS, () => {
      const isTold = this.isReady && box.daemon === daemon && box.now - this.readyAt >= KNOWN_MS;
      if (isTold && box.now - box.stalledUntil >= KNOWN_MS && !this.hasForgotten) checkNews(this, news);
    });
  }

  #daemonGone(): void {
    if (this.core !== null && this.core.opened.store.refusals().length > 0) this.forget();
    this.core = null;
    this.isReady = false;
    this.operator.daemonGone();
    this.box.mustSettle = true;
    const delayMs = this.box.random.chance(0.5) ? this.box.random.between(1, 60) : this.box.random.between(60, 1_500);
    this.box.later(delayMs, () => this.beginDaemon());
  }

  #complain(what: string, error: unknown): void {
    if (error === DIED || !this.box.isDaemonAlive) return;
    const name = what.split(' ')[0] ?? what;
    const why = error instanceof Error ? error.message : String(error);
    this.box.note(() => `complains of ${what}: ${why}`);
    const kind = `${name}: ${why.replaceAll(/[\d]+|'[^']*'/g, '…')}`;
    this.complaints.set(kind, (this.complaints.get(kind) ?? 0) + 1);
    if (why.startsWith('somebody cut the file')) this.box.fail(`it complains of ${what}: ${why}`);
    // A disk that fails is complained of; nothing else here is a reason to.
    if (!this.hasForgotten && !this.hasBeenFull && !(what === 'state' && this.mayBeTorn))
      this.box.fail(`it complains of ${what}: ${why}`);
  }

  #look({ before, after, commands }: Change): void {
    if (!this.box.isDaemonAlive) return;
    noteState(after);
    for (const command of commands) if (command.type === 'record') checkBlame(this, command);
    for (const command of commands)
      if (command.type === 'record')
        this.box.note(() => `    ${command.agent}: ${command.event} ${command.cause ?? ''} ${command.detail}`);
    for (const [name, agent] of Object.entries(after.agents))
      if (agent !== before.agents[name]) checkHealth(this, agent);
  }
}

/** Whether all that is wanted is so and nothing is under way. */
function isQuiet(fleet: Fleet, { operator }: Play): boolean {
  return operator.open === 0 && fleet.disk === null && Object.values(fleet.agents).every(isAtRest);
}

function isAtRest(agent: Agent): boolean {
  const { state, queue, turn, recovery, desired, restart } = agent;
  if (desired === 'down') return state.at === 'stopped';
  const isStill = restart === null && turn === null && recovery === null && agent.patience === null;
  return state.at === 'running' && isStill && queue.length === 0 && runOf(state)?.catchingUp === false;
}

/** Plays a history to its end, in which nothing goes wrong any more, and says what did not hold. */
export async function playHistory(history: History, isTraced = false): Promise<Result> {
  const play = new Play(history, isTraced);
  const { box } = play;
  use(box);
  const began = box.now;
  try {
    await tellHistory(play);
  } catch (error) {
    box.fail(`the simulator itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  play.isOver = true;
  box.killDaemon();
  await box.settle();
  const { faults, complaints } = play;
  return { failure: box.broken, trace: box.trace ?? [], faults, complaints, simulatedMs: box.now - began };
}

async function tellHistory(play: Play): Promise<void> {
  const { box, history } = play;
  prepare(play);
  play.beginDaemon();
  await box.settle();
  await box.run(box.now + READY_MS_MAX, () => !play.isReady);
  await box.inDaemon(() => play.operator.apply());
  const begin = box.now;
  for (const move of history.moves) {
    await box.run(begin + move.atMs);
    if (box.broken !== null) return;
    box.note(() => `--- ${tell(move)}`);
    await carryOut(play, move);
  }
  await comeToRest(play);
}

function prepare({ box }: Play): void {
  const { disk } = box;
  for (const folder of [HOME, '/home', '/bin', '/root', '/tmp']) disk.makeFolders(folder);
  for (const [path, text] of [
    ['/home/token', SECRET_FILE],
    ['/bin/claude', ''],
    ['/bin/worker', ''],
  ] as const) {
    const { folder, name } = disk.place(path, 'open');
    const file = disk.make('file', path === '/home/token' ? 0o600 : 0o755);
    disk.setName(folder, name, file);
    disk.write(file, Buffer.from(text), 0);
    disk.sync(file);
  }
}

/** The faults are over; whoever is broken stays so until the product finds out. */
async function comeToRest(play: Play): Promise<void> {
  const { box, town, operator, history } = play;
  box.lossy = 0;
  box.death = null;
  box.deathAtStandstill = null;
  box.disk.room = Infinity;
  box.processes.refusals = 0;
  town.api.clear();
  town.fates.clear();
  town.lateExits = 0;
  box.note(() => '--- the faults are over');
  await box.run(Math.max(box.now, box.stalledUntil));
  await box.run(box.now + READY_MS_MAX, () => !play.isReady);
  if (!play.isReady) return box.fail('no daemon comes up');
  await box.inDaemon(() => operator.apply([]));
  await box.run(box.now + 100);
  // A reload of a paused agent waits until somebody lets it go on.
  for (const agent of history.agents)
    if (play.core?.engine.fleet.agents[agent]?.paused === true) await box.inDaemon(() => operator.pause(agent, false));
  await box.run(box.now + SETTLE_MS_MAX, () => operator.open > 0);
  if (operator.open > 0) return box.fail(`${operator.open} verbs get no answer`);
  for (const agent of history.agents) {
    const known = play.core?.engine.fleet.agents[agent];
    if (known?.desired === 'up' && known.spec.mode === 'stream') await box.inDaemon(() => operator.send(agent, 0));
  }
  await settle(play);
  if (box.broken === null) checkAtTheEnd(play);
}

/** Until all is done that is wanted, and nothing happens any more. */
async function settle(play: Play): Promise<void> {
  const { box, operator } = play;
  const limit = box.now + SETTLE_MS_MAX;
  const isDone = (): boolean => play.core !== null && play.isReady && isQuiet(play.core.engine.fleet, play);
  const helped = new Set<string>();
  const held = (): readonly Agent[] =>
    Object.values(play.core?.engine.fleet.agents ?? {}).filter(
      ({ health, spec, desired }) => health === 'held' && desired === 'up' && !helped.has(spec.name),
    );
  while (box.now < limit && box.broken === null) {
    await box.run(limit, () => !isDone() && held().length === 0);
    // What is held waits for a person.
    for (const { spec } of held()) {
      helped.add(spec.name);
      await box.inDaemon(() => operator.restart(spec.name, 'now'));
    }
    // What happened last is found out within a second.
    await box.run(box.now + 1_200);
    if (isDone()) return;
  }
}
