import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { codeProblem } from '../../claude/sign-in-code.ts';
import { loginSocketPath, type Environment } from '../../home/paths.ts';
import { prepareSocketFolder } from '../../home/permission.ts';
import { answers, listenPrivately } from '../../home/private-socket.ts';
import { hasCode } from '../../home/system-error.ts';
import { AgentvisorError } from '../../protocol/errors.ts';
import { alsoAtExit } from './at-exit.ts';
import { parseRequest, REQUEST_BYTES_MAX, type DoorAnswer } from './door-lines.ts';

/** Second shells that may be connected at once. */
const CALLERS_MAX = 8;

/** Where a second shell hands in the code: 0600, in the home or where the daemon's socket would lie. */
export type Door = {
  /** Who has handed in the code is told how it ended. */
  readonly tell: (answer: DoorAnswer) => void;
  readonly close: () => Promise<void>;
};

/**
 * Opens it for the sign-in of this credential. `onCode` gets the first code that may be one; it says whether it took it.
 * Refused while another sign-in of this home waits: a code belongs to one of them.
 */
export async function openDoor(
  home: string,
  env: Environment,
  credential: string,
  onCode: (code: string) => boolean,
): Promise<Door> {
  const path = loginSocketPath(home, env);
  prepareSocketFolder(path, home);
  if (await answers(path)) throw isWaiting();
  rmSync(path, { force: true });
  const callers = new Set<Socket>();
  const givers = new Set<Socket>();
  const server = createServer((socket) => {
    if (callers.size >= CALLERS_MAX) return void socket.destroy();
    callers.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => callers.delete(socket));
    readLine(socket, (line) => {
      const refusal = refusalOf(line, credential, onCode);
      if (refusal === null) givers.add(socket);
      else answer(socket, { ok: false, problem: refusal });
    });
  });
  await listenPrivately(server, path).catch((cause: unknown) => {
    // Another one was quicker by a moment.
    throw hasCode(cause, 'EADDRINUSE') ? isWaiting() : cause;
  });
  const forget = alsoAtExit(() => rmSync(path, { force: true }));
  return {
    tell: (result) => givers.forEach((socket) => answer(socket, result)),
    close: () => closeServer(server, callers).then(forget),
  };
}

/** Null: the code was taken, and the answer comes when the sign-in has ended. */
function refusalOf(line: string, credential: string, onCode: (code: string) => boolean): string | null {
  const request = parseRequest(line);
  if (request === null) return 'what was handed in is not understood';
  if (request.credential !== null && request.credential !== credential)
    return `the sign-in that waits is for '${credential}'`;
  return codeProblem(request.code) ?? (onCode(request.code) ? null : 'it has its code already');
}

/** The first line of a socket; one that is too long ends it. */
function readLine(socket: Socket, onLine: (line: string) => void): void {
  let text = '';
  const read = (chunk: string): void => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end === -1 && text.length <= REQUEST_BYTES_MAX) return;
    socket.off('data', read);
    // Whatever comes behind it is read by nobody, and must not keep the socket open.
    socket.resume();
    onLine(text.slice(0, Math.max(0, end)));
  };
  socket.setEncoding('utf8').on('data', read);
}

/** Written to its end, then closed, whatever the other side does. */
function answer(socket: Socket, value: DoorAnswer): void {
  socket.write(`${JSON.stringify(value)}\n`);
  socket.destroySoon();
}

/** An answer that is under way still arrives. */
function closeServer(server: Server, callers: ReadonlySet<Socket>): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    for (const socket of callers) {
      if (!socket.writableEnded) socket.destroy();
    }
  });
}

const isWaiting = (): AgentvisorError =>
  new AgentvisorError(
    'refused',
    'Another sign-in waits for its code.',
    'Give it the code: agentvisor login --code -, or end it with Ctrl-C in its terminal.',
  );
