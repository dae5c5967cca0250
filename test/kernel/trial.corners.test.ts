import { describe, expect, test } from 'vitest';
import type { Fault } from '../stand-in/script.ts';
import { recordOf, type Rotation } from '../../src/kernel/ledger.ts';
import { at, rotates } from './scenario.ts';
import { crew, during, opens, perform, sendAll, settled } from './story.ts';
import type { World } from './world.ts';

/** A new secret is tried by an agent whose credential is in trouble already: what it fails with is told apart from that. */

const THREE = crew(3);
const OLD = 'ab12cd34';
const NEW = 'ffff0000';
const OUTAGE = during('outage', '401', { when: { token: OLD } });

/** All are rejected on the old secret; then the new one is tried. */
const tried = (until: string, ...faults: readonly Fault[]): World =>
  perform(until, { agents: THREE, faults: [OUTAGE, ...faults] }, [
    ...settled(THREE),
    at('10s', opens('outage'), sendAll(THREE, 2)),
    at('20s', rotates(NEW)),
  ]);

function rotationIn({ fleet }: World): Rotation {
  const { rotation } = recordOf(fleet, 'max');
  if (rotation === null) throw new Error('there is none');
  return rotation;
}

const evidenceIn = ({ fleet }: World): readonly string[] =>
  Object.values(fleet.incidents).flatMap(({ evidence }) => evidence);

describe('a secret that is tried in the midst of a trouble', () => {
  test('is not given up for a limit: who tries it asks again', () => {
    const world = tried('3m', { when: { token: NEW, turn: 1 }, do: { api: '429' } });
    expect([rotationIn(world).stage, rotationIn(world).proven.toSorted()]).toEqual(['done', ['ada', 'bob', 'cyd']]);
    expect(world.fleet.incidents).toEqual({});
  });

  test('and meets nothing but limits is undone for what its agent has met, not for what another one was rejected with since', () => {
    const world = tried('10m', { when: { token: NEW }, do: { api: '429' } });
    const { why, stage } = rotationIn(world);
    expect([stage, why.replace(/req_\d+/, 'req_N')]).toEqual([
      'undone',
      'ada: 429 (request req_N): API Error: Server is temporarily limiting requests',
    ]);
    expect(evidenceIn(world).at(-1)).toMatch(/^(bob|cyd): 401/);
  });

  test('and is not answered at all is not undone for what was said to the old one', () => {
    const world = tried('10m', { when: { token: NEW }, do: { api: 'hang' } });
    expect(rotationIn(world)).toMatchObject({
      stage: 'undone',
      why: 'ada: it is in trouble; see: agentvisor incidents',
    });
  });
});
