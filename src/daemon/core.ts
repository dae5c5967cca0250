import type { Event } from '../kernel/events.ts';
import { adoptAll, adoptOne } from './adopt.ts';
import { systemClock, type Clock } from './clock.ts';
import { Complaints } from './complaints.ts';
import { CredentialWatch } from './credential-watch.ts';
import type { Complain } from './daemon-log.ts';
import { DeadlineWatch } from './deadline-watch.ts';
import { DiskWatch } from './disk-watch.ts';
import type { DaemonContext } from './context.ts';
import { Descriptors } from './descriptors.ts';
import { endMarked } from './end-marked.ts';
import { Engine } from './engine.ts';
import { Host } from './host.ts';
import { openState, tellDamage, type Opened } from './opening.ts';
import { identity, type Identity } from '../home/process-identity.ts';
import { socketPath } from '../home/paths.ts';
import { spawner, type Spawner } from './process/spawn.ts';
import { sweeper, type Sweeper } from './process/sweep.ts';
import { usageMeter, type UsageMeter } from './process/usage.ts';
import { Pulse } from './pulse.ts';
import { Secrets } from './secrets.ts';
import { UsageRows } from './usage-rows.ts';
import { WakeClock } from './wake-clock.ts';

/** How often all runs and the world around them are looked at for what no notification told. */
const CHECK_MS = 1_000;

/** Where time, chance and processes come from. */
export type Ports = {
  readonly identity: Identity;
  readonly clock: (boot: string) => Clock;
  readonly spawner: Spawner;
  readonly sweeper: Sweeper;
  readonly meter: UsageMeter;
};

export const systemPorts = (): Ports => ({ identity, clock: systemClock, spawner, sweeper, meter: usageMeter() });

/** A daemon without its name and its socket: all that decides, remembers and holds agents. */
export type Core = {
  readonly complain: Complain;
  readonly home: string;
  readonly boot: string;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly opened: Opened;
  readonly usage: UsageRows;
  readonly engine: Engine;
  readonly pulse: Pulse;
  readonly descriptors: Descriptors;
  readonly host: Host;
  readonly sweeper: Sweeper;
  readonly submit: (event: Event) => Promise<void>;
  readonly degraded: () => readonly string[];
};

/** Takes up the state; nothing is begun yet. @param home belongs to nobody else */
export function openCore(home: string, complain: Complain, ports = systemPorts()): Core {
  const boot = ports.identity.bootId();
  const clock = ports.clock(boot);
  const secrets = new Secrets();
  const opened = openState(home, boot, secrets, complain);
  const descriptors = new Descriptors();
  const degraded = (): readonly string[] => [...opened.troubles.lines(engine.fleet), ...descriptors.lines()];
  const usage = new UsageRows(ports.meter, clock, degraded);
  const submit = (event: Event): Promise<void> => engine.submit(event);
  const host: Host = new Host({
    home,
    identity: ports.identity,
    spawner: descriptors.guard(ports.spawner),
    sweeper: ports.sweeper,
    secrets,
    fleet: () => engine.fleet,
    submit,
    used: (run) => usage.used(engine.fleet, run),
    complain,
  });
  const pulse = new Pulse();
  const engine: Engine = new Engine(clock, opened.store, opened.state, (command) => host.obey(command), pulse);
  const { sweeper: own } = ports;
  return {
    complain,
    home,
    boot,
    clock,
    secrets,
    opened,
    usage,
    engine,
    pulse,
    descriptors,
    host,
    sweeper: own,
    submit,
    degraded,
  };
}

/** Why this daemon must not decide anything, null when it may; and whether the one before it was not ended on purpose. */
type Past = { readonly loop: string | null; readonly hasCrashed: boolean };

/** Where the daemon before this one has stopped. */
export async function goOn(core: Core, { loop, hasCrashed }: Past): Promise<void> {
  const { home, boot, opened, engine, host, submit } = core;
  const { safeMode } = opened.state.fleet;
  const why = loop ?? (hasCrashed ? (safeMode?.why ?? null) : null);
  // Before anything else, so that nothing is decided for those who are found.
  if (why !== null) await submit({ type: 'safe-mode', on: true, why });
  await tellDamage(home, boot, opened, engine);
  await adoptAll({ ...core, fleet: engine.fleet, lastRun: opened.lastRun });
  if (why === null && safeMode !== null) await submit({ type: 'safe-mode', on: false, why: '' });
  await host.resumeRotations();
  opened.outbox.start();
  await submit({ type: 'daemon-begins' });
}

/** What the methods of the socket work with. */
export function contextOf(core: Core, shutDown: () => void): DaemonContext {
  const { home, clock, secrets, opened, usage, engine, submit, degraded } = core;
  return {
    home,
    socket: socketPath(home),
    clock,
    engine,
    store: opened.store,
    outbox: opened.outbox,
    secrets,
    degraded,
    takeUp: async (agent) => {
      const stray = opened.troubles.takeStray(agent);
      if (stray === null) return;
      await submit({ type: 'run-found', agent, run: stray.run });
      await adoptOne({ ...core, fleet: engine.fleet, lastRun: opened.lastRun }, agent);
    },
    endUnknown: () => endMarked(home, core.boot, core.sweeper),
    lag: () => core.pulse.lag,
    complain: core.complain,
    rows: usage.rows.bind(usage),
    until: engine.until.bind(engine),
    shutDown,
  };
}

/** Ends the processes, not what is wanted: the next daemon brings up what was up. */
export async function stopAgents({ engine, home, boot, sweeper: own }: Core): Promise<void> {
  await engine.submit({ type: 'daemon-ends' });
  await engine.until(({ agents }) => Object.values(agents).every(({ state }) => state.at === 'stopped'));
  await endMarked(home, boot, own);
}

/** Looks at the runs and at the world around them; at once, so that what was so before is known to be no news. */
export function beginChecks(core: Core, lookAtHome: () => Promise<void>): NodeJS.Timeout {
  const { home, clock, secrets, engine, host, submit } = core;
  const options = { clock, fleet: () => engine.fleet, submit };
  const credentials = new CredentialWatch(options);
  const wakes = new WakeClock(options);
  const deadlines = new DeadlineWatch({ ...options, home, secrets });
  const disk = new DiskWatch(home, options.fleet, options.submit);
  const looks: Readonly<Record<string, () => unknown>> = {
    disk: () => disk.check(),
    pulse: () => engine.feelPulse(),
    descriptors: () => core.descriptors.look(),
    runs: () => host.checkAll(),
    home: lookAtHome,
    wakes: () => wakes.check(),
    deadlines: () => deadlines.check(),
    credentials: () => credentials.check(),
  };
  // Without a descriptor, for example, nothing can be seen for a while: that is no reason to end.
  const complaints = new Complaints(core.complain);
  const attempt = async (look: () => unknown): Promise<unknown> => look();
  const check = (): void => {
    for (const [what, look] of Object.entries(looks))
      attempt(look).then(
        () => complaints.right(what),
        (error: unknown) => complaints.wrong(what, error),
      );
  };
  check();
  return setInterval(check, CHECK_MS);
}

/** Looks after the files of the state. @param found what is wrong beside them, for people */
export async function mendState({ opened, engine }: Core, found: readonly string[]): Promise<void> {
  const what = [...found, ...engine.mend()];
  opened.troubles.look();
  if (what.length === 0) return;
  opened.troubles.note(what);
  await engine.submit({ type: 'state-damaged', what, lastRun: 0 });
}

/** The agents live on. */
export async function closeCore({ host, descriptors, engine, opened }: Core): Promise<void> {
  await host.close();
  descriptors.close();
  engine.close();
  await opened.outbox.close();
}
