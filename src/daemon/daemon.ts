import { createServer } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadState, type State } from '../home/journal.ts';
import { socketPath } from '../home/paths.ts';
import type { Event } from '../kernel/events.ts';
import { prepareHome } from '../home/permission.ts';
import { adoptAll } from './adopt.ts';
import { systemClock, type Clock } from './clock.ts';
import { CredentialWatch } from './credential-watch.ts';
import { DeadlineWatch } from './deadline-watch.ts';
import { Door } from './door.ts';
import { Engine } from './engine.ts';
import { Host } from './host.ts';
import { serveMethods } from './methods.ts';
import { Outbox } from './outbox/outbox.ts';
import { leaveHome, takeHome } from './ownership.ts';
import { identity } from '../home/process-identity.ts';
import { spawner } from './process/spawn.ts';
import { sweeper } from './process/sweep.ts';
import { usageMeter } from './process/usage.ts';
import { Secrets } from './secrets.ts';
import { openStore, type Store } from './store.ts';
import { UsageRows } from './usage-rows.ts';
import { WakeClock } from './wake-clock.ts';

/** How often all runs and the world around them are looked at for what no notification told. */
const CHECK_MS = 1_000;

export type Daemon = {
  /** Ends the daemon; the agents live on unless `withAgents`. */
  close(options: { readonly withAgents: boolean }): Promise<void>;
  /** Settles when a client asked the daemon to end. */
  readonly asked: Promise<void>;
};

/** @returns null when another daemon owns the home. */
export async function startDaemon(
  home: string,
  complain: (what: string, error: unknown) => void,
): Promise<Daemon | null> {
  prepareHome(home);
  const door = new Door();
  const server = createServer((socket) => door.knock(socket));
  if (!(await takeHome(home, identity, server))) return null;
  // Out of descriptors a client cannot be let in; that is no reason to end.
  server.on('error', (error) => complain('socket', error));
  const boot = identity.bootId();
  const clock = systemClock(boot);
  const secrets = new Secrets();
  const { state, store, outbox, usage } = openState(home, clock, boot, secrets, complain);
  const submit = (event: Event): Promise<void> => engine.submit(event);
  const host: Host = new Host({
    home,
    identity,
    spawner,
    sweeper,
    secrets,
    fleet: () => engine.fleet,
    submit,
    used: (run) => usage.used(engine.fleet, run),
    complain,
  });
  const engine: Engine = new Engine(clock, store, state, (command) => host.obey(command));
  await adoptAll({ home, boot, fleet: state.fleet, host, secrets, submit });
  await host.resumeRotations();
  outbox.start();
  await submit({ type: 'daemon-begins' });
  const checks = beginChecks(home, clock, engine, host, secrets);
  const asked = signal();
  const context = {
    home,
    socket: socketPath(home),
    clock,
    engine,
    store,
    outbox,
    secrets,
    rows: usage.rows.bind(usage),
    until: engine.until.bind(engine),
    shutDown: asked.resolve,
  };
  door.open(serveMethods(context));
  return {
    asked: asked.promise,
    close: async ({ withAgents }) => {
      if (withAgents) await stopAgents(engine);
      clearInterval(checks);
      server.close();
      door.close();
      await host.close();
      engine.close();
      await outbox.close();
      leaveHome(home);
    },
  };
}

/** What the last daemon has left, and what goes on from there. */
function openState(
  home: string,
  clock: Clock,
  boot: string,
  secrets: Secrets,
  complain: (what: string, error: unknown) => void,
): { readonly state: State; readonly store: Store; readonly outbox: Outbox; readonly usage: UsageRows } {
  mkdirSync(join(home, 'agents'), { recursive: true, mode: 0o700 });
  const state = loadState(home);
  for (const damage of state.damage) complain('state', damage);
  const outbox = new Outbox({ home, boot, identity, sweeper, secrets: () => secrets.known(), complain });
  const store = openStore(home, outbox);
  for (const { seq, commands } of state.replayed) store.recordMissing(seq, commands);
  return { state, store, outbox, usage: new UsageRows(usageMeter(), clock, () => store.degraded()) };
}

/** Ends the processes, not what is wanted: the next daemon brings up what was up. */
async function stopAgents(engine: Engine): Promise<void> {
  await engine.submit({ type: 'daemon-ends' });
  await engine.until(({ agents }) => Object.values(agents).every(({ state }) => state.at === 'stopped'));
}

/** Looks at the runs and at the world around them; at once, so that what was so before is known to be no news. */
function beginChecks(home: string, clock: Clock, engine: Engine, host: Host, secrets: Secrets): NodeJS.Timeout {
  const options = { clock, fleet: () => engine.fleet, submit: engine.submit.bind(engine) };
  const credentials = new CredentialWatch(options);
  const wakes = new WakeClock(options);
  const deadlines = new DeadlineWatch({ ...options, home, secrets });
  const check = (): void => {
    host.checkAll();
    wakes.check();
    deadlines.check();
    void credentials.check();
  };
  check();
  return setInterval(check, CHECK_MS);
}

/** A promise and the way to settle it; Node 20 has no Promise.withResolvers. */
function signal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
