// What a supervisor costs that does nothing else: it starts programs, starts them again when they end, keeps what they
// print, ends who says that its turn has failed, and answers on a unix socket. No daemon, no state, no care.
// Arguments: a file with the programs, the path of the socket. A request is one line of JSON, and so is its answer:
// {"method":"start"} starts all, {"method":"list"} lists them, {"method":"restart","name":NAME} ends one.
import { spawn } from 'node:child_process';
import { openSync, readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';

const [file = '', path = ''] = process.argv.slice(2);

/** @typedef {{ name: string, argv: string[], log: string, hears: boolean }} Program */
/** @typedef {{ program: Program, child: import('node:child_process').ChildProcess, startedAt: string, restarts: number, log: number }} Held */

/** @type {Map<string, Held>} */
const held = new Map();

/**
 * Starts a program, and again whenever it ends.
 * @param {Program} program
 * @param {number} restarts
 */
function start(program, restarts) {
  const log = held.get(program.name)?.log ?? openSync(program.log, 'a');
  const [bin = '', ...args] = program.argv;
  const child = spawn(bin, args, { stdio: ['ignore', program.hears ? 'pipe' : log, log], detached: true });
  held.set(program.name, { program, child, startedAt: new Date().toISOString(), restarts, log });
  if (child.stdout !== null) hear(child, log);
  child.on('exit', () => start(program, restarts + 1));
}

/**
 * Keeps what it prints, and ends it at the first result that is an error.
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} log
 */
function hear(child, log) {
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    writeSync(log, text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.some(hasFailed)) child.kill('SIGTERM');
  });
}

/**
 * Whether a turn has failed with this line.
 * @param {string} line
 */
function hasFailed(line) {
  if (!line.includes('"result"')) return false;
  try {
    const { type, is_error: isError } = JSON.parse(line);
    return type === 'result' && isError === true;
  } catch {
    // No line of Claude Code.
    return false;
  }
}

/** What is told of all. */
function list() {
  return [...held.values()].map(({ program, child, startedAt, restarts }) => ({
    name: program.name,
    pid: child.pid,
    state: child.exitCode === null ? 'running' : 'ended',
    startedAt,
    restarts,
  }));
}

/**
 * Does what one line asks.
 * @param {string} line
 */
function answer(line) {
  const { method, name } = JSON.parse(line);
  if (method === 'start') {
    /** @type {Program[]} */
    const programs = JSON.parse(readFileSync(file, 'utf8'));
    for (const program of programs) if (!held.has(program.name)) start(program, 0);
  } else if (method === 'restart') held.get(name)?.child.kill('SIGTERM');
  return list();
}

const server = createServer((socket) => {
  let asked = '';
  socket.setEncoding('utf8').on('data', (text) => {
    asked += text;
    if (asked.endsWith('\n')) socket.end(`${JSON.stringify(answer(asked))}\n`);
  });
  // Who asks may go before it is answered.
  socket.on('error', () => undefined);
});
server.listen(path);
