import { expect, onTestFinished, test, vi } from 'vitest';
import { initialModel } from '../../src/tui/initial.ts';
import { Session } from '../../src/tui/session.ts';
import { fakeDaemon, type Reply } from '../cli/fake-daemon.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { boardAgent, fleetOf } from './models.ts';

async function sessionWith(reply: Reply): Promise<Session> {
  const home = temporaryFolder();
  await fakeDaemon(home, (method, params, socket) => {
    if (method === 'board') return fleetOf({ agents: [boardAgent({ name: 'ada' })] });
    return method === 'events' ? [] : reply(method, params, socket);
  });
  const model = initialModel({}, { columns: 80, rows: 24 }, Date.now(), false);
  const session = new Session({ home, model, onTerminal: () => undefined });
  onTestFinished(async () => {
    session.quit();
    session.close();
    await session.ended;
  });
  await session.found;
  return session;
}

test('a daemon that goes while something is read is away; nobody is told that something may have been done', async () => {
  const session = await sessionWith((method, _params, socket) =>
    method === 'describe' ? void socket.destroy() : undefined,
  );
  const links: string[] = [];
  const notices: string[] = [];
  const look = setInterval(() => {
    links.push(session.model.link.at);
    notices.push(session.model.notice?.text ?? '');
  }, 5);
  onTestFinished(() => clearInterval(look));
  session.dispatch({ type: 'key', key: 'enter' });
  await vi.waitFor(() => expect(links).toContain('lost'));
  await vi.waitFor(() => expect(notices.join(' ')).toContain('The daemon is back.'));
  expect(notices.join(' ')).not.toContain('may have been done');
});
