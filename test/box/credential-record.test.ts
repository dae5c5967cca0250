import { expect, test } from 'vitest';
import { credentialRecords } from '../../src/box/credential-record.ts';
import { emptyFleet } from '../../src/kernel/fleet.ts';
import { MAX } from '../kernel/fleet-of.ts';

const NOTHING = { mintedAt: null, deadFingerprints: [] };

test('without a state, and in one that has learned nothing, only the declaration is known', () => {
  expect([credentialRecords(null)(MAX), credentialRecords(emptyFleet)(MAX)]).toEqual([NOTHING, NOTHING]);
  expect(credentialRecords(null)({ ...MAX, mintedAt: 7 })).toEqual({ ...NOTHING, mintedAt: 7 });
});

test('what the state has noted counts where the declaration says nothing', () => {
  const ledger = { max: { mintedAt: 5, retired: [], dead: { fingerprint: 'deadbeef', at: 6 } } };
  const recordOf = credentialRecords({ ...emptyFleet, ledger } as typeof emptyFleet);
  expect(recordOf(MAX)).toEqual({ mintedAt: 5, deadFingerprints: ['deadbeef'] });
  expect(recordOf({ ...MAX, mintedAt: 7 }).mintedAt).toBe(7);
  expect(recordOf({ ...MAX, name: 'other' })).toEqual(NOTHING);
});
