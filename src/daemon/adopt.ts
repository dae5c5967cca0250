import { fingerprint } from '../config/credentials.ts';
import { runFolder } from '../home/paths.ts';
import type { Event } from '../kernel/events.ts';
import { runOf, type Agent, type Fleet, type Run } from '../kernel/fleet.ts';
import { credentialNameOf } from '../kernel/ledger.ts';
import type { Host } from './host.ts';
import { environmentOfShim, inspectRun, type Inspection } from './process/inspect.ts';
import { secretIn, type Secrets } from './secrets.ts';

type Adoption = {
  readonly home: string;
  readonly boot: string;
  readonly fleet: Fleet;
  /** What has begun since with a higher number is held already. */
  readonly lastRun: number;
  readonly host: Host;
  readonly secrets: Secrets;
  readonly submit: (event: Event) => Promise<void>;
};

type Found = { readonly agent: Agent; readonly run: Run; readonly inspection: Inspection };

/**
 * What a new daemon finds of every run that the state believes alive. The report comes as events like any other, and
 * the kernel decides again; nothing is started here. All are looked at before the first is reported: what a report
 * starts may need a secret that only another agent's shim still has.
 */
export async function adoptAll(adoption: Adoption): Promise<void> {
  const { home, boot, fleet, lastRun } = adoption;
  const found: Found[] = [];
  for (const { agent, run } of runsOldestFirst(fleet)) {
    if (Number(run.id) > lastRun) continue;
    const inspection = await inspectRun(runFolder(home, agent.spec.name, run.id), run.shim, boot);
    const known = inspection.status === 'alive' ? recoverSecrets(adoption, agent, run, inspection.shimPid) : agent;
    found.push({ agent: known, run, inspection });
  }
  await Promise.all(found.map((each) => report(adoption, each)));
}

/** A run that was found after the others, of an agent that is declared by now. */
export async function adoptOne(adoption: Adoption, name: string): Promise<void> {
  const { agents } = adoption.fleet;
  const agent = agents[name];
  await adoptAll({ ...adoption, fleet: { ...adoption.fleet, agents: agent === undefined ? {} : { [name]: agent } } });
}

/** Runs are numbered as they begin: of a secret that was replaced, the newest agent has the newest value. */
function runsOldestFirst(fleet: Fleet): readonly { readonly agent: Agent; readonly run: Run }[] {
  return Object.values(fleet.agents)
    .flatMap((agent) => {
      const run = runOf(agent.state);
      return run === null ? [] : [{ agent, run }];
    })
    .toSorted((one, other) => Number(one.run.id) - Number(other.run.id));
}

/** Of a process whose start nobody recorded, its environment alone says what it was given. */
function recoverSecrets({ fleet, secrets }: Adoption, agent: Agent, run: Run, shimPid: number): Agent {
  const credential = fleet.credentials[credentialNameOf(agent) ?? ''];
  const environment = environmentOfShim(shimPid) ?? {};
  const given = run.shim === null ? secretIn(credential, environment) : null;
  const known = given === null ? agent : { ...agent, fingerprint: fingerprint(given) };
  secrets.recover(known, credential, environment);
  return known;
}

/**
 * The ears come first: what the report makes the kernel ask for needs somebody to say it to. What they hear comes in later
 * turns of the event loop, so still behind the report.
 */
async function report({ host, submit }: Adoption, { agent, run, inspection }: Found): Promise<void> {
  const name = { agent: agent.spec.name, run: run.id };
  switch (inspection.status) {
    case 'alive': {
      const { shimPid, shimStart } = inspection;
      const adopted = host.adopt(agent, run, { pid: shimPid, start: shimStart }, false);
      const spawned = { type: 'spawned', ...name, shimPid, shimStart, fingerprint: agent.fingerprint } as const;
      await Promise.all([adopted, run.shim === null ? submit(spawned) : null, submit({ type: 'adopted', ...name })]);
      await host.tellFound(agent, run);
      return;
    }
    case 'ended':
    case 'vanished':
      // Its last words are heard before its end is told: they may be the answer to what it was asked. Nobody is served
      // before that: who asks first must not be told that it runs.
      await Promise.all([host.adopt(agent, run, { pid: 0, start: '' }, true), submit({ type: 'adopted', ...name })]);
      return;
    case 'never-spawned':
      await submit({ type: 'never-spawned', ...name });
  }
}
