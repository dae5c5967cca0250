import { runFolder } from '../home/paths.ts';
import type { Event } from '../kernel/events.ts';
import { runOf, type Fleet } from '../kernel/fleet.ts';
import type { Host } from './host.ts';
import { environmentOfShim, inspectRun } from './process/inspect.ts';
import type { Secrets } from './secrets.ts';

/**
 * What a new daemon finds of every run that the state believes alive. The report comes as events like any other, and
 * the kernel decides again; nothing is started here.
 */
export async function adoptAll(options: {
  readonly home: string;
  readonly boot: string;
  readonly fleet: Fleet;
  readonly host: Host;
  readonly secrets: Secrets;
  readonly submit: (event: Event) => Promise<void>;
}): Promise<void> {
  const { home, boot, fleet, host, secrets, submit } = options;
  for (const agent of Object.values(fleet.agents)) {
    const run = runOf(agent.state);
    if (run === null) continue;
    const name = { agent: agent.spec.name, run: run.id };
    const found = await inspectRun(runFolder(home, agent.spec.name, run.id), run.shim, boot);
    switch (found.status) {
      case 'alive': {
        const environment = environmentOfShim(found.shimPid) ?? {};
        secrets.recover(agent, fleet.credentials[agent.spec.credentials[0] ?? ''], environment);
        if (run.shim === null) {
          const { shimPid, shimStart } = found;
          await submit({ type: 'spawned', ...name, shimPid, shimStart, fingerprint: agent.fingerprint });
        }
        await submit({ type: 'adopted', ...name });
        host.adopt(agent, { ...run, shim: { pid: found.shimPid, start: found.shimStart } });
        break;
      }
      case 'ended':
        // Its last words are read before its end is told.
        await submit({ type: 'adopted', ...name });
        host.adopt(agent, { ...run, shim: run.shim ?? { pid: 0, start: '' } });
        break;
      case 'vanished':
        await submit({ type: 'exited', ...name, code: null, hint: null, detail: 'the process was gone' });
        break;
      case 'never-spawned':
        await submit({ type: 'never-spawned', ...name });
    }
  }
}
