import { describe } from 'vitest';
import { at, note } from './scenario.ts';
import { closes, crew, during, opens, sendAll, settled, story } from './story.ts';

const SIX = crew(6);

describe('a window over all agents of a credential', () => {
  story('six agents in one window', '5m', { agents: SIX, faults: [during('outage', '401')] }, [
    ...settled(SIX),
    at('10s', opens('outage'), sendAll(SIX, 1)),
    at('2m 40s', closes('outage')),
    at('4m', note('the next messages are answered by the same processes'), sendAll(SIX, 2)),
  ]);
});
