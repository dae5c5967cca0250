import { DAEMON_HEAP } from '../../home/daemon-heap.ts';
import { UNIT_VARIABLE } from '../../home/owner.ts';
import { WRITTEN_BY_US, type BootPlan } from './boot-plan.ts';

/** A property list for launchd: an agent of the user, or a daemon of the system. Written with care and untested on macOS. */
export function launchdJob(plan: BootPlan): string {
  const { scope, name, node, program, home, user, userHome, path } = plan;
  const environment = { AGENTVISOR_HOME: home, HOME: userHome, PATH: path, [UNIT_VARIABLE]: name };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    `<!-- ${WRITTEN_BY_US} -->`,
    '<plist version="1.0">',
    '<dict>',
    ...pair('Label', string(name)),
    ...(scope === 'system' ? pair('UserName', string(user)) : []),
    ...pair(
      'ProgramArguments',
      ['<array>', ...[node, DAEMON_HEAP, program, 'daemon', 'run'].map(string), '</array>'].join(''),
    ),
    ...pair(
      'EnvironmentVariables',
      ['<dict>', ...Object.entries(environment).flatMap(([key, value]) => pair(key, string(value))), '</dict>'].join(
        '',
      ),
    ),
    ...pair('WorkingDirectory', string('/')),
    ...pair('RunAtLoad', '<true/>'),
    // Ended with 0 it was asked to end.
    ...pair('KeepAlive', '<dict><key>SuccessfulExit</key><false/></dict>'),
    // Agents outlive their daemon.
    ...pair('AbandonProcessGroup', '<true/>'),
    ...pair('StandardErrorPath', string(`${home}/daemon.log`)),
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
}

const pair = (key: string, value: string): readonly string[] => [`<key>${xml(key)}</key>${value}`];

const string = (text: string): string => `<string>${xml(text)}</string>`;

const xml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
