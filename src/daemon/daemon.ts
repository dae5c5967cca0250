import { createServer, type Server } from 'node:net';
import { readOwner } from '../home/owner.ts';
import { socketPath } from '../home/paths.ts';
import type { Event } from '../kernel/events.ts';
import { prepareHome } from '../home/permission.ts';
import { adoptAll, adoptOne } from './adopt.ts';
import { systemClock, type Clock } from './clock.ts';
import { Complaints } from './complaints.ts';
import { CredentialWatch } from './credential-watch.ts';
import { forgetLastCode, type CrashRecorder } from './crash-recorder.ts';
import type { Complain, DaemonLog } from './daemon-log.ts';
import { DeadlineWatch } from './deadline-watch.ts';
import { DiskWatch } from './disk-watch.ts';
import type { DaemonContext } from './context.ts';
import { Descriptors } from './descriptors.ts';
import { Door } from './door.ts';
import { endMarked } from './end-marked.ts';
import { Engine } from './engine.ts';
import { HomeWatch } from './home-watch.ts';
import { Host } from './host.ts';
import { serveMethods } from './methods.ts';
import { openState, tellDamage, type Opened } from './opening.ts';
import { leaveHome } from './ownership.ts';
import { identity } from '../home/process-identity.ts';
import { spawner } from './process/spawn.ts';
import { sweeper } from './process/sweep.ts';
import { usageMeter } from './process/usage.ts';
import { Pulse } from './pulse.ts';
import { Secrets } from './secrets.ts';
import { UsageRows } from './usage-rows.ts';
import { WakeClock } from './wake-clock.ts';

/** How often all runs and the world around them are looked at for what no notification told. */
const CHECK_MS = 1_000;

export type Daemon = {
  /** Ends the daemon; the agents live on unless `withAgents`. */
  close(options: { readonly withAgents: boolean }): Promise<void>;
  /** Settles when a client asked the daemon to end. */
  readonly asked: Promise<void>;
  /** Settles when another daemon owns the home: this one must end at once and write nothing more. */
  readonly lost: Promise<void>;
};

/** @returns null when another daemon owns the home. */
export async function startDaemon(home: string, log: DaemonLog, crashes: CrashRecorder): Promise<Daemon | null> {
  const { complain } = log;
  prepareHome(home);
  // Who ends on purpose takes its name away.
  const hasCrashed = readOwner(home) !== null;
  const door = new Door();
  const own = await HomeWatch.take(home, identity, () => makeServer(door, complain));
  if (own === null) return null;
  const parts = makeParts(home, complain);
  for (const writer of [crashes, log]) writer.redact(() => parts.secrets.known());
  await goOn(parts, { loop: crashes.lookBack(), hasCrashed });
  forgetLastCode();
  const asked = signal();
  const lost = signal();
  const checks = beginChecks(parts, own, lost.resolve);
  const context = contextOf(parts, asked.resolve);
  door.open(serveMethods(context));
  return {
    asked: asked.promise,
    lost: lost.promise,
    close: async ({ withAgents }) => {
      if (withAgents) await stopAgents(parts);
      clearInterval(checks);
      own.close();
      door.close();
      await parts.host.close();
      parts.descriptors.close();
      parts.engine.close();
      await parts.opened.outbox.close();
      crashes.asked();
      leaveHome(home, complain);
    },
  };
}

type Parts = {
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
  readonly submit: (event: Event) => Promise<void>;
  readonly degraded: () => readonly string[];
};

function makeParts(home: string, complain: Complain): Parts {
  const boot = identity.bootId();
  const clock = systemClock(boot);
  const secrets = new Secrets();
  const opened = openState(home, boot, secrets, complain);
  const descriptors = new Descriptors();
  const degraded = (): readonly string[] => [...opened.troubles.lines(engine.fleet), ...descriptors.lines()];
  const usage = new UsageRows(usageMeter(), clock, degraded);
  const submit = (event: Event): Promise<void> => engine.submit(event);
  const host: Host = new Host({
    home,
    identity,
    spawner: descriptors.guard(spawner),
    sweeper,
    secrets,
    fleet: () => engine.fleet,
    submit,
    used: (run) => usage.used(engine.fleet, run),
    complain,
  });
  const pulse = new Pulse();
  const engine: Engine = new Engine(clock, opened.store, opened.state, (command) => host.obey(command), pulse);
  return { complain, home, boot, clock, secrets, opened, usage, engine, pulse, descriptors, host, submit, degraded };
}

/** Why this daemon must not decide anything, null when it may; and whether the one before it was not ended on purpose. */
type Past = { readonly loop: string | null; readonly hasCrashed: boolean };

/** Where the daemon before this one has stopped. */
async function goOn(parts: Parts, { loop, hasCrashed }: Past): Promise<void> {
  const { home, boot, opened, engine, host, submit } = parts;
  const { safeMode } = opened.state.fleet;
  const why = loop ?? (hasCrashed ? (safeMode?.why ?? null) : null);
  // Before anything else, so that nothing is decided for those who are found.
  if (why !== null) await submit({ type: 'safe-mode', on: true, why });
  await tellDamage(home, boot, opened, engine);
  await adoptAll({ ...parts, fleet: engine.fleet });
  if (why === null && safeMode !== null) await submit({ type: 'safe-mode', on: false, why: '' });
  await host.resumeRotations();
  opened.outbox.start();
  await submit({ type: 'daemon-begins' });
}

function contextOf(parts: Parts, shutDown: () => void): DaemonContext {
  const { home, clock, secrets, opened, usage, engine, submit, degraded } = parts;
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
      await adoptOne({ ...parts, fleet: engine.fleet }, agent);
    },
    endUnknown: () => endMarked(home, parts.boot, sweeper),
    lag: () => parts.pulse.lag,
    complain: parts.complain,
    rows: usage.rows.bind(usage),
    until: engine.until.bind(engine),
    shutDown,
  };
}

/** Ends the processes, not what is wanted: the next daemon brings up what was up. */
async function stopAgents({ engine, home, boot }: Parts): Promise<void> {
  await engine.submit({ type: 'daemon-ends' });
  await engine.until(({ agents }) => Object.values(agents).every(({ state }) => state.at === 'stopped'));
  await endMarked(home, boot, sweeper);
}

/** Looks at the runs and at the world around them; at once, so that what was so before is known to be no news. */
function beginChecks(parts: Parts, own: HomeWatch, onLost: () => void): NodeJS.Timeout {
  const { home, clock, secrets, engine, host, submit } = parts;
  const options = { clock, fleet: () => engine.fleet, submit };
  const credentials = new CredentialWatch(options);
  const wakes = new WakeClock(options);
  const deadlines = new DeadlineWatch({ ...options, home, secrets });
  const disk = new DiskWatch(home, options.fleet, options.submit);
  const looks: Readonly<Record<string, () => unknown>> = {
    disk: () => disk.check(),
    pulse: () => engine.feelPulse(),
    descriptors: () => parts.descriptors.look(),
    runs: () => host.checkAll(),
    home: () => lookAtHome(parts, own, onLost),
    wakes: () => wakes.check(),
    deadlines: () => deadlines.check(),
    credentials: () => credentials.check(),
  };
  // Without a descriptor, for example, nothing can be seen for a while: that is no reason to end.
  const complaints = new Complaints(parts.complain);
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

const REMOVED =
  'the home was removed and is made anew; agents that run cannot be sent anything before: agentvisor restart NAME';

/** Its files are mended only as long as it is ours. */
async function lookAtHome({ opened, engine }: Parts, own: HomeWatch, onLost: () => void): Promise<void> {
  const seen = await own.look();
  if (seen === 'lost') return onLost();
  const what = [...(seen === 'again' ? [REMOVED] : []), ...engine.mend()];
  opened.troubles.look();
  if (what.length === 0) return;
  opened.troubles.note(what);
  await engine.submit({ type: 'state-damaged', what, lastRun: 0 });
}

function makeServer(door: Door, complain: Complain): Server {
  const server = createServer((socket) => door.knock(socket));
  // Out of descriptors a client cannot be let in; that is no reason to end.
  server.on('error', (error) => complain('socket', error));
  return server;
}

/** A promise and the way to settle it; Node 20 has no Promise.withResolvers. */
function signal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
