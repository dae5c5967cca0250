import { DAEMON_HEAP } from '../../home/daemon-heap.ts';
import { START_AGAIN_EXIT, UNIT_VARIABLE } from '../../home/owner.ts';
import { WRITTEN_BY_US, type BootPlan } from './boot-plan.ts';

/** A service unit, user or system, as systemd 240 and later reads it. */
export function systemdUnit(plan: BootPlan): string {
  const { scope, node, program, home, user, userHome, path } = plan;
  const isSystem = scope === 'system';
  const environment = { AGENTVISOR_HOME: home, HOME: userHome, PATH: path };
  return [
    `# ${WRITTEN_BY_US}, which replaces it; agentvisor unstartup removes it.`,
    '[Unit]',
    `Description=agentvisor daemon of ${escaped(home)}`,
    // A user manager does not know the targets of the system.
    ...(isSystem ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    ...(isSystem && user !== 'root' ? [`User=${escaped(user)}`] : []),
    ...Object.entries(environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    `Environment=${UNIT_VARIABLE}=%n`,
    'WorkingDirectory=/',
    `ExecStart=${quoted(node, true)} ${quoted(DAEMON_HEAP)} ${quoted(program, true)} daemon run`,
    '# It ends with 0 when it was asked to (agentvisor daemon stop, kill), and that is not undone.',
    'Restart=on-failure',
    'RestartSec=1',
    '# agentvisor daemon restart',
    `SuccessExitStatus=${START_AGAIN_EXIT}`,
    `RestartForceExitStatus=${START_AGAIN_EXIT}`,
    '# Agents outlive their daemon, and one that needs too much memory ends alone.',
    'KillMode=process',
    'Delegate=yes',
    'OOMPolicy=continue',
    'OOMScoreAdjust=-500',
    'TasksMax=infinity',
    'LimitNOFILE=65536:524288',
    'TimeoutStopSec=30',
    '',
    '[Install]',
    `WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}`,
    '',
  ].join('\n');
}

/** A percent sign begins a specifier, everywhere in a unit. */
const escaped = (text: string): string => text.replaceAll('%', '%%').replaceAll('\n', ' ');

/** `isCommand`: a dollar sign begins a variable, in command lines alone. */
function quoted(text: string, isCommand = false): string {
  const safe = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('%', '%%');
  return `"${isCommand ? safe.replaceAll('$', '$$$$') : safe}"`;
}
