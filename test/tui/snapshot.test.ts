import { expect, test } from 'vitest';
import { snapshotLines } from '../../src/tui/snapshot.ts';
import { boardAgent, credential, fleetOf, NOW, openIncident } from './models.ts';

test('the plain snapshot says all that the top of the screen says, the open incidents and the credentials too', () => {
  const board = fleetOf({
    agents: [boardAgent({ name: 'ada', health: 'quiet', incident: 'i7' })],
    incidents: [openIncident({ id: 'i7', cause: 'auth-window', key: 'max', agents: ['ada'] })],
    credentials: [credential({ name: 'max', verdict: 'window' })],
  });
  const [first, second, third] = snapshotLines(board, { at: 'live' }, {}, NOW);
  expect(first).toContain('1 agent: 1 quiet');
  expect(second).toBe(' 1 open incident: auth-window on max (ada)   credentials: max window');
  expect(third).toContain('nothing for you to do');
});
