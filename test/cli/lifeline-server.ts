import { createServer } from 'node:net';
import type { Socket } from 'node:net';

/**
 * A socket that is open until it is closed or this process ends, however it does; it keeps nobody alive by itself.
 *
 * @returns what closes it.
 */
export async function openLifeline(path: string): Promise<() => void> {
  const held = new Set<Socket>();
  const server = createServer((socket) => {
    held.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => held.delete(socket));
    socket.unref();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  server.unref();
  return () => {
    server.close();
    for (const socket of held) socket.destroy();
  };
}
