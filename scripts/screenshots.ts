/**
 * `npm run screenshots`: the real terminal UI over a real daemon, painted into docs/screenshots as SVG. What stands on the
 * pictures is what a terminal would show; only the agents are stand-ins.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStage, ROOT } from '../demo/stage.ts';
import { openEmulator, type Emulator } from '../test/tui/emulator.ts';
import { openFleet } from './screenshot-fleet.ts';
import { terminalSvg } from './terminal-svg.ts';

const COLUMNS = 150;
const ROWS = 28;
/** Its name stands on the pictures. */
const FOLDER = join(tmpdir(), 'fleet');
const PICTURES = join(ROOT, 'docs/screenshots');

rmSync(FOLDER, { recursive: true, force: true });
const stage = openStage(FOLDER);
try {
  await openFleet(stage);
  const { PATH = '' } = process.env;
  const monit = openEmulator({
    command: [process.execPath, join(ROOT, 'dist/cli/main.js'), 'monit'],
    columns: COLUMNS,
    rows: ROWS,
    cwd: stage.folder,
    env: {
      PATH,
      HOME: stage.folder,
      AGENTVISOR_HOME: stage.home,
      TERM: 'xterm-256color',
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
    },
  });
  mkdirSync(PICTURES, { recursive: true });
  await monit.until((text) => text.includes('reviewer') && text.includes('open incident'));
  await command(monit, 'sort trouble');
  picture(monit, 'fleet', 'agentvisor monit: who works, who is stuck, why, and what comes next');
  await command(monit, 'describe triage');
  picture(monit, 'agent', 'agentvisor monit: everything about one agent');
  await command(monit, 'list');
  await command(monit, 'incidents');
  picture(monit, 'incidents', 'agentvisor monit: incidents and credentials');
  await command(monit, 'list');
  await command(monit, 'logs reviewer');
  picture(monit, 'logs', 'agentvisor monit: the conversation of an agent');
  monit.type('q');
  await monit.ended;
} finally {
  await stage.clear();
  rmSync(FOLDER, { recursive: true, force: true, maxRetries: 5 });
}

/** Types a command and waits for what it opens to have read what it shows. */
async function command(monit: Emulator, text: string): Promise<void> {
  monit.type(':');
  await monit.until((screen) => /^ :/m.test(screen));
  monit.type(`${text}\r`);
  await monit.until((screen) => !/^ :/m.test(screen));
  await seconds(monit, 2);
}

/** By the clock on the screen. */
async function seconds(monit: Emulator, count: number): Promise<void> {
  const clock = (text: string): string => /\d\d:\d\d:\d\d/.exec(text)?.[0] ?? '';
  for (let second = 0; second < count; second += 1) {
    const before = clock(monit.text());
    await monit.until((text) => clock(text) !== before);
  }
}

function picture(monit: Emulator, name: string, title: string): void {
  const file = join(PICTURES, `${name}.svg`);
  writeFileSync(file, terminalSvg(monit.cells(), title));
  console.log(`${file}\n${monit.text()}\n`);
}
