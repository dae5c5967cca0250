import type { Socket } from 'node:net';

/** How long a client that is let go may take to hear why. */
export const FAREWELL_MS = 1_000;

/**
 * Says a last thing and lets the client go, whether or not it reads that or ever ends its own side. What it still sends is thrown
 * away: a connection that is closed on unread bytes may be gone before its last word is read.
 */
export function farewell(socket: Socket, lastFrame: string): void {
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.end(lastFrame);
}
