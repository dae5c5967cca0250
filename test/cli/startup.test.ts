import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BootPlan } from '../../src/cli/startup/boot-plan.ts';
import { cronLine } from '../../src/cli/startup/cron-line.ts';
import { launchdJob } from '../../src/cli/startup/launchd-job.ts';
import { systemdUnit } from '../../src/cli/startup/systemd-unit.ts';
import { temporaryFolder } from './folder.ts';
import { runCli } from './run-cli.ts';

const PLAN: BootPlan = {
  scope: 'user',
  name: 'agentvisor.service',
  node: '/usr/bin/node',
  program: '/usr/lib/node_modules/agentvisor/dist/cli/main.js',
  home: '/home/ann/.agentvisor',
  user: 'ann',
  userHome: '/home/ann',
  path: '/usr/bin:/bin',
};

/** Whatever a path may hold that a unit, a property list or a crontab reads otherwise. */
const ODD: BootPlan = { ...PLAN, home: `/home/a "b" 100%/$X\\y<&'z`, path: '/opt/50%:/bin' };

describe('systemd', () => {
  test('a unit of a user', () => {
    expect(systemdUnit(PLAN)).toBe(
      `# Written by agentvisor startup, which replaces it; agentvisor unstartup removes it.
[Unit]
Description=agentvisor daemon of /home/ann/.agentvisor
StartLimitIntervalSec=0

[Service]
Type=exec
Environment="AGENTVISOR_HOME=/home/ann/.agentvisor"
Environment="HOME=/home/ann"
Environment="PATH=/usr/bin:/bin"
Environment=AGENTVISOR_UNIT=%n
WorkingDirectory=/
ExecStart="/usr/bin/node" "--max-semi-space-size=1" "/usr/lib/node_modules/agentvisor/dist/cli/main.js" daemon run
# It ends with 0 when it was asked to (agentvisor daemon stop, kill), and that is not undone.
Restart=on-failure
RestartSec=1
# agentvisor daemon restart
SuccessExitStatus=75
RestartForceExitStatus=75
# Agents outlive their daemon, and one that needs too much memory ends alone.
KillMode=process
Delegate=yes
OOMPolicy=continue
OOMScoreAdjust=-500
TasksMax=infinity
LimitNOFILE=65536:524288
TimeoutStopSec=30

[Install]
WantedBy=default.target
`,
    );
  });

  test('a unit of the system runs as its user, with the machine, behind the network', () => {
    const text = systemdUnit({ ...PLAN, scope: 'system' });
    expect(text).toContain('\nUser=ann\n');
    expect(text).toContain('\nAfter=network-online.target\n');
    expect(text).toContain('\nWantedBy=multi-user.target\n');
    expect(systemdUnit({ ...PLAN, scope: 'system', user: 'root' })).not.toContain('User=');
  });

  test('what systemd would expand is escaped', () => {
    const text = systemdUnit({ ...ODD, program: '/opt/$X/100%/main.js' });
    expect(text).toContain(String.raw`Environment="AGENTVISOR_HOME=/home/a \"b\" 100%%/$X\\y<&'z"`);
    expect(text).toContain('Environment="PATH=/opt/50%%:/bin"');
    expect(text).toContain('ExecStart="/usr/bin/node" "--max-semi-space-size=1" "/opt/$$X/100%%/main.js" daemon run');
  });

  const hasAnalyze = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0;

  test.runIf(hasAnalyze).each(['user', 'system'] as const)(
    'systemd-analyze finds nothing wrong with a unit of the %s (where it is installed)',
    (scope) => {
      const folder = temporaryFolder();
      const program = join(folder, '100% $X "main".js');
      writeFileSync(program, '');
      const file = join(folder, 'agentvisor.service');
      const verify = (text: string): string => {
        writeFileSync(file, text);
        const args = scope === 'user' ? ['--user'] : [];
        const env = { PATH: process.env['PATH'], XDG_RUNTIME_DIR: folder, HOME: folder };
        const { stderr } = spawnSync('systemd-analyze', [...args, 'verify', file], { encoding: 'utf8', env });
        // Of other units of the machine it may have much to say.
        return stderr
          .split('\n')
          .filter((line) => line.includes('agentvisor'))
          .join('\n');
      };
      const text = systemdUnit({ ...ODD, scope, node: process.execPath, program, user: 'root' });
      expect(verify(text)).toBe('');
      expect(verify(text.replace('KillMode=process', 'KillMode=nobody'))).toContain('kill mode');
    },
  );
});

test('a job of launchd', () => {
  const text = launchdJob({ ...ODD, name: 'dev.agentvisor' });
  expect(text).toContain('<key>Label</key><string>dev.agentvisor</string>');
  expect(text).toContain(`<key>AGENTVISOR_HOME</key><string>/home/a "b" 100%/$X\\y&lt;&amp;'z</string>`);
  expect(text).toContain('<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>');
  expect(text).toContain('<key>AbandonProcessGroup</key><true/>');
  expect(text).not.toContain('UserName');
  expect(launchdJob({ ...PLAN, scope: 'system' })).toContain('<key>UserName</key><string>ann</string>');
});

test('a line for cron, which a shell reads as it is meant', () => {
  const line = cronLine({ ...ODD, node: '/bin/echo', program: "it's" });
  expect(line).toMatch(/^# Written by agentvisor startup\n@reboot AGENTVISOR_HOME='/);
  const command =
    line
      .split('\n')[1]
      ?.replace('@reboot ', '')
      .replaceAll(String.raw`\%`, '%') ?? '';
  const shown = command.replace('daemon restart >/dev/null 2>&1', '"$0"').replace("'/bin/echo'", 'env; /bin/echo');
  expect(command).toMatch(/daemon restart >\/dev\/null 2>&1$/);
  const variables = /^(.*?) '\/bin\/echo'/.exec(command)?.[1] ?? '';
  const { stdout } = spawnSync('sh', ['-c', `${variables} env; ${shown.slice(shown.indexOf('/bin/echo'))}`], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  expect(stdout).toContain(`AGENTVISOR_HOME=${ODD.home}\n`);
  expect(stdout).toContain("it's sh\n");
  expect(cronLine({ ...PLAN, scope: 'system' })).toContain('\n@reboot ann AGENTVISOR_HOME=');
});

describe('the verbs', () => {
  const here = async (args: readonly string[], env: Record<string, string> = {}) => {
    const home = temporaryFolder();
    return { home, ...(await runCli(args, { home: join(home, '.agentvisor'), env: { HOME: home, ...env } })) };
  };

  test('startup prints the text and nothing else on stdout, and how to install it on stderr', async () => {
    const { code, stdout, stderr, home } = await here(['startup', 'systemd', '--user']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# Written by agentvisor startup.*\n\[Unit\]\n/);
    expect(stdout).toContain(`Environment="AGENTVISOR_HOME=${home}/.agentvisor"\n`);
    expect(stdout).toMatch(/\nExecStart="\/[^"]+" "--max-semi-space-size=1" "\/[^"]+\/main\.js" daemon run\n/);
    expect(stderr).toContain(`systemctl --user enable --now agentvisor.service`);
    const json = JSON.parse((await here(['startup', 'systemd', '--user', '--json'])).stdout);
    expect(json).toMatchObject({ kind: 'systemd', scope: 'user', name: 'agentvisor.service', applied: false });
    expect(json.file).toMatch(/\/\.config\/systemd\/user\/agentvisor\.service$/);
  });

  test('another home than the usual one has a unit of its own', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'other'));
    const env = { HOME: home };
    const { stdout } = await runCli(['startup', 'systemd', '--user', '--json'], { home: join(home, 'other'), env });
    expect(JSON.parse(stdout).name).toMatch(/^agentvisor-[0-9a-f]{8}\.service$/);
  });

  test.each([
    [['startup', 'cron', '--user', '--apply'], 2, '--apply works with systemd, not with cron.'],
    [['startup', 'upstart'], 2, 'expects systemd, launchd, cron'],
    [['startup', '--user', '--system'], 2, '--user and --system exclude each other.'],
  ])('%j is refused', async (args, code, words) => {
    const result = await here(args);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
    expect(result.stderr.replaceAll(/\s+/g, ' ')).toContain(words);
  });

  test('unstartup prints what undoes it', async () => {
    const { code, stdout } = await here(['unstartup', 'systemd', '--user']);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'systemctl --user disable',
      expect.stringMatching(/^rm \//),
      'systemctl --user daemon-reload',
      'agentvisor daemon restart',
      '',
    ]);
    expect((await here(['unstartup', 'cron', '--system'])).stdout).toMatch(
      /^sudo rm \/etc\/cron\.d\/agentvisor-\S+\n$/,
    );
  });
});
