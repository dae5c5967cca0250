import { WRITTEN_BY_US, type BootPlan } from './boot-plan.ts';

/** A line for `crontab -e`, or with the user's name in it for a file of /etc/cron.d. The daemon gets a keeper of ours. */
export function cronLine({ scope, node, program, home, user, userHome, path }: BootPlan): string {
  const variables = Object.entries({ AGENTVISOR_HOME: home, HOME: userHome, PATH: path });
  const words = [
    ...variables.map(([name, value]) => `${name}=${shell(value)}`),
    shell(node),
    shell(program),
    'daemon restart >/dev/null 2>&1',
  ];
  const who = scope === 'system' ? ` ${user}` : '';
  // For cron a percent sign is the end of the line.
  return `# ${WRITTEN_BY_US}\n@reboot${who} ${words.join(' ').replaceAll('%', String.raw`\%`)}\n`;
}

const shell = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
