import { connect, type Server } from 'node:net';

/** Whether somebody listens on this path; a file that a dead process left there does not. */
export function answers(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.once('error', () => done(false));
  });
}

/** Listens on a path that is 0600 from its first moment on. Rejects as `listen` fails, with EADDRINUSE for one. */
export function listenPrivately(server: Server, socket: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    // Between bind and chmod nobody else may connect.
    const umask = process.umask(0o177);
    server.listen(socket, () => {
      server.off('error', fail);
      done();
    });
    process.umask(umask);
  });
}
