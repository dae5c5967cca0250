// A daemon's outside and nothing else: owns the home's socket, greets, tells about itself, ends when asked to.
import { linkSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { holdOnToTest } from './lifeline.mjs';

await holdOnToTest();

const socketPath = join(process.env.AGENTVISOR_HOME, 'daemon.sock');

const ANSWERS = {
  hello: () => ({ protocol: 1, version: '0.1.0', pid: process.pid }),
  ping: () => ({ pid: process.pid, uptimeMs: 0 }),
  status: () => ({ pid: process.pid, cwd: process.cwd(), env: process.env, stdin: readlinkSync('/proc/self/fd/0') }),
  shutdown: () => ({ stopped: [] }),
};

const server = createServer((socket) => {
  socket.on('error', () => undefined);
  createInterface({ input: socket }).on('line', (line) => {
    const { id, method } = JSON.parse(line);
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: ANSWERS[method]() })}\n`, () => {
      if (method === 'shutdown') process.exit(0);
    });
  });
});

// Linked into place once it listens: nobody finds a socket there that does not answer yet.
const ownPath = `${socketPath}.${process.pid}`;
server.listen(ownPath, () => {
  try {
    linkSync(ownPath, socketPath);
    rmSync(ownPath);
    console.log('fake daemon is up');
  } catch {
    takeOver();
  }
});

/** Somebody was here before: alive, and then this one is not needed, or killed. */
function takeOver() {
  connect(socketPath)
    .on('connect', () => process.exit(0))
    .on('error', () => renameSync(ownPath, socketPath));
}
