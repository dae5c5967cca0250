import { createServer, type Server } from 'node:net';
import { readOwner } from '../home/owner.ts';
import { prepareHome } from '../home/permission.ts';
import { identity } from '../home/process-identity.ts';
import { beginChecks, closeCore, contextOf, goOn, mendState, openCore, stopAgents, type Core } from './core.ts';
import { forgetLastCode, type CrashRecorder } from './crash-recorder.ts';
import type { Complain, DaemonLog } from './daemon-log.ts';
import { Door } from './door.ts';
import { HomeWatch } from './home-watch.ts';
import { serveMethods } from './methods.ts';
import { leaveHome } from './ownership.ts';

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
  const core = openCore(home, complain);
  for (const writer of [crashes, log]) writer.redact(() => core.secrets.known());
  await goOn(core, { loop: crashes.lookBack(), hasCrashed });
  forgetLastCode();
  const asked = signal();
  const lost = signal();
  const checks = beginChecks(core, () => lookAtHome(core, own, lost.resolve));
  const context = contextOf(core, asked.resolve);
  door.open(serveMethods(context));
  return {
    asked: asked.promise,
    lost: lost.promise,
    close: async ({ withAgents }) => {
      if (withAgents) await stopAgents(core);
      clearInterval(checks);
      own.close();
      door.close();
      await closeCore(core);
      crashes.asked();
      leaveHome(home, complain);
    },
  };
}

const REMOVED =
  'the home was removed and is made anew; agents that run cannot be sent anything before: agentvisor restart NAME';

/** Its files are mended only as long as it is ours. */
async function lookAtHome(core: Core, own: HomeWatch, onLost: () => void): Promise<void> {
  const seen = await own.look();
  if (seen === 'lost') return onLost();
  await mendState(core, seen === 'again' ? [REMOVED] : []);
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
