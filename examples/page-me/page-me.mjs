#!/usr/bin/env node
/**
 * Takes one notice on stdin. Pushes its text to the address in ~/.config/page-me (a topic of ntfy, or whatever takes a
 * POST of plain text); without that file it adds a line to ~/notices.txt. Fails when the push fails: agentvisor then
 * tries again.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const notice = JSON.parse(await text(process.stdin));
const line = `${notice.host}: ${notice.text}`;
const config = join(homedir(), '.config', 'page-me');

if (existsSync(config)) {
  const address = readFileSync(config, 'utf8').trim();
  const priority = notice.kind === 'attention' ? 'high' : 'default';
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', priority },
    body: line,
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw new Error(`the push was answered with ${answer.status}`);
} else {
  appendFileSync(join(homedir(), 'notices.txt'), `${notice.at} ${notice.kind} ${line}\n`);
}
