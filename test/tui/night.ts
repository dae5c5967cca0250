import { exits, restart, start, stop, at } from '../kernel/scenario.ts';
import { closes, crew, during, opens, perform, sendAll, sendTo, settled } from '../kernel/story.ts';
import type { World } from '../kernel/world.ts';

const THREE = crew(3);

/**
 * What a person comes back to: a window in the night that ended by itself, crashes, an operator's restart, a stop, a
 * limit, and a second window that is still open.
 */
export const night = (): World => (played ??= play());

let played: World | undefined;

const play = (): World =>
  perform('22h', { agents: THREE, faults: [during('outage', '401'), during('busy', '429')] }, [
    ...settled(THREE),
    at('1h', opens('outage'), sendAll(THREE, 1)),
    at('1h 20m', closes('outage')),
    at('4h', exits(139, null, 'Segmentation fault')),
    at('4h 20s', exits(139, null, 'Segmentation fault')),
    at('5h', restart()),
    at('6h', stop()),
    at('7h', start()),
    at('9h', opens('busy'), sendTo('ada', 4)),
    at('9h 20m', closes('busy')),
    at('21h 50m', opens('outage'), sendAll(THREE, 5)),
  ]);
