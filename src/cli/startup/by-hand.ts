import type { BootRequest } from './request.ts';

/** The command lines that install what `startup` prints. */
export function installSteps({ kind, plan, file }: BootRequest): readonly string[] {
  const { name, scope } = plan;
  const sudo = scope === 'system' ? 'sudo ' : '';
  switch (kind) {
    case 'systemd': {
      const systemctl = systemctlWords(scope);
      const write = `agentvisor startup systemd --${scope} | ${sudo}tee ${file} >/dev/null`;
      return [write, `${systemctl} daemon-reload`, 'agentvisor daemon stop', `${systemctl} enable --now ${name}`];
    }
    case 'launchd': {
      const write = `agentvisor startup launchd --${scope} | ${sudo}tee ${file} >/dev/null`;
      return [write, 'agentvisor daemon stop', `${sudo}launchctl bootstrap ${domainOf(scope)} ${file}`];
    }
    case 'cron':
      return scope === 'system'
        ? [`agentvisor startup cron --system | sudo tee ${file} >/dev/null`]
        : ['(crontab -l; agentvisor startup cron --user) | crontab -'];
  }
}

/** Those that undo it. */
export function removeSteps({ kind, plan, file }: BootRequest): readonly string[] {
  const { name, scope } = plan;
  const sudo = scope === 'system' ? 'sudo ' : '';
  switch (kind) {
    case 'systemd': {
      const systemctl = systemctlWords(scope);
      const stop = `${systemctl} disable --now ${name}`;
      return [stop, `${sudo}rm ${file}`, `${systemctl} daemon-reload`, 'agentvisor daemon restart'];
    }
    case 'launchd':
      return [`${sudo}launchctl bootout ${domainOf(scope)}/${name}`, `${sudo}rm ${file}`, 'agentvisor daemon restart'];
    case 'cron':
      return scope === 'system' ? [`sudo rm ${file}`] : ['crontab -e   # and take the line of agentvisor out'];
  }
}

const systemctlWords = (scope: 'user' | 'system'): string => (scope === 'user' ? 'systemctl --user' : 'sudo systemctl');

const domainOf = (scope: 'user' | 'system'): string => (scope === 'user' ? 'gui/$(id -u)' : 'system');
