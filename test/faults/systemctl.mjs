#!/usr/bin/env node
// A stand-in for systemctl and for systemd behind it, as far as a unit of ours needs them: it runs ExecStart with nothing but the
// unit's environment, starts it again as the unit says, and at a stop signals the main process alone (KillMode=process).
// FAKE_SYSTEMD is its folder; a file `refuse-VERB` in it makes that verb fail with the file's text.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const folder = process.env['FAKE_SYSTEMD'] ?? '';
const words = process.argv.slice(2).filter((word) => !word.startsWith('--') || word === '--now');
const [verb = '', ...rest] = words;
const name = rest.at(-1) ?? '';
const at = (file) => join(folder, file);

if (verb === 'hold') await hold(name);
else await answer();

async function answer() {
  appendFileSync(at('log'), `${words.join(' ')}\n`);
  const refusal = at(`refuse-${verb}`);
  if (existsSync(refusal)) {
    process.stderr.write(readFileSync(refusal, 'utf8'));
    process.exit(1);
  }
  if (verb === 'start' || (verb === 'enable' && rest.includes('--now'))) await start();
  if (verb === 'stop' || (verb === 'disable' && rest.includes('--now'))) await stop();
}

async function start() {
  if (mainPid() !== null) return;
  rmSync(at('stopping'), { force: true });
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], FAKE_SYSTEMD: folder };
  spawn(process.execPath, [fileURLToPath(import.meta.url), 'hold', name], {
    env,
    detached: true,
    stdio: 'ignore',
  }).unref();
  while (mainPid() === null) await sleep(10);
}

async function stop() {
  writeFileSync(at('stopping'), '');
  const pid = mainPid();
  if (pid !== null) process.kill(pid, 'SIGTERM');
  while (mainPid() !== null) await sleep(10);
}

function mainPid() {
  const pid = existsSync(at('main')) ? Number(readFileSync(at('main'), 'utf8')) : 0;
  return pid > 0 ? pid : null;
}

async function hold(unit) {
  const text = readFileSync(join(process.env['HOME'] ?? '', '.config/systemd/user', unit), 'utf8').replaceAll(
    '%n',
    unit,
  );
  const valuesOf = (key) =>
    text.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
  const [command = ''] = valuesOf('ExecStart');
  const [file = '', ...args] = unquoted(command).map((word) => word.replaceAll('$$', '$'));
  const env = Object.fromEntries(
    valuesOf('Environment')
      .flatMap(unquoted)
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  for (;;) {
    const child = spawn(file, args, { env, cwd: '/', stdio: 'ignore', detached: true });
    writeFileSync(at('main'), String(child.pid));
    const code = await new Promise((done) => child.once('exit', (exit) => done(exit)));
    appendFileSync(at('exits'), `${code}\n`);
    const isAgain =
      String(code) === valuesOf('RestartForceExitStatus')[0] || (code !== 0 && valuesOf('Restart')[0] === 'on-failure');
    if (!isAgain || existsSync(at('stopping'))) break;
    writeFileSync(at('main'), '');
    await sleep(Number(valuesOf('RestartSec')[0]) * 1000);
  }
  rmSync(at('main'), { force: true });
}

/** Words in double quotes with C escapes, or bare; a doubled percent sign is one. */
function unquoted(line) {
  const found = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)];
  return found.map(([, inQuotes, bare]) => (inQuotes?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '').replaceAll('%%', '%'));
}
