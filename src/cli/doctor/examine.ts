import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { claudeChecks } from '../../box/claude-checks.ts';
import { claudeOnPath, claudePrograms } from '../../box/claude-programs.ts';
import { credentialFindings } from '../../box/ecosystem-findings.ts';
import { error } from '../../box/finding.ts';
import { homeChecks } from '../../box/home-checks.ts';
import type { DaemonSeen } from '../../box/home-checks.ts';
import { readHome } from '../../box/home-reading.ts';
import { machineChecks } from '../../box/machine-checks.ts';
import { readMachine } from '../../box/machine-reading.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { VERSION } from '../../protocol/version.ts';
import { isNotRunning } from '../access.ts';
import { withClient } from '../../client/client.ts';
import type { Context } from '../verb.ts';
import type { Group } from './groups.ts';
import type { KnownHome, Patients } from './patients.ts';

/**
 * Looks at everything once. It changes nothing, and runs nothing but `claude --version` (in a home that is thrown away),
 * `loginctl` and `timedatectl`, each with a limit of time. `tell`: what is looked at now, for a person who waits.
 */
export async function examine(
  context: Context,
  { agents, credentials, isFileChecked, home }: Patients,
  tell: (step: string) => void,
): Promise<readonly Group[]> {
  const now = Date.now();
  const path = context.env['PATH'];
  tell('asking claude for its version');
  const programs =
    agents.length === 0 ? [await claudeOnPath(path, context.cwd)] : await claudePrograms(agents, home.versionOf);
  tell('asking the daemon');
  const daemon = await daemonSeen(context.home, home.wanted);
  tell('asking the machine');
  const machine = await readMachine(daemon.is === 'running' ? daemon.pid : null, path);
  const seen = readHome(context.home, context.env);
  return [
    { title: 'Claude Code', findings: claudeChecks(programs) },
    { title: 'Home', findings: [...homeChecks(seen, daemon, VERSION), ...damageOf(context.home, home)] },
    {
      title: 'Credentials',
      findings: credentialFindings({
        agents,
        credentials,
        shell: context.env,
        recordOf: home.recordOf,
        isFileChecked,
        now,
      }),
    },
    { title: 'Machine', findings: machineChecks(machine, { now, past: pastOf(home) }, agents.length) },
  ];
}

async function daemonSeen(home: string, wanted: number): Promise<DaemonSeen> {
  try {
    const { pid, version, degraded } = await withClient(home, (client) => client.call('status', {}));
    return { is: 'running', pid, version, degraded };
  } catch (cause) {
    if (isNotRunning(cause)) return { is: 'absent', wanted };
    if (!(cause instanceof AgentvisorError)) throw cause;
    // A home that is refused is told as such; no daemon in it is asked.
    return cause.code === 'refused' ? { is: 'absent', wanted: 0 } : { is: 'silent', ...said(cause) };
  }
}

const said = ({ message, nextStep }: AgentvisorError): { readonly message: string; readonly nextStep: string } => ({
  message,
  nextStep,
});

const damageOf = (home: string, { damage }: KnownHome): Group['findings'] =>
  damage === null
    ? []
    : [error('state-unreadable', `home ${home}`, `its state cannot be read: ${damage}`, 'let your user read it')];

/** What was certainly before now: the last event, and the day on which this very file was written. */
function pastOf({ lastEventAt }: KnownHome): readonly { readonly at: number; readonly what: string }[] {
  const installedAt = statSync(fileURLToPath(import.meta.url)).mtimeMs;
  return [
    ...(lastEventAt === null ? [] : [{ at: lastEventAt, what: 'the last event of this home' }]),
    { at: installedAt, what: 'the moment at which agentvisor was installed' },
  ];
}
