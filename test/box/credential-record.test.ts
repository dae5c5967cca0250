import { expect, test } from 'vitest';
import { credentialRecords } from '../../src/box/credential-record.ts';
import { recordMint } from '../../src/home/mints.ts';
import { emptyFleet } from '../../src/kernel/fleet.ts';
import { recordOf } from '../../src/kernel/ledger.ts';
import { wall } from '../../src/kernel/moment.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { MAX } from '../kernel/fleet-of.ts';

test('without a state, and in one that has learned nothing, only the declaration is known', () => {
  const home = temporaryFolder();
  for (const fleet of [null, emptyFleet]) {
    expect(credentialRecords(fleet, home)(MAX).mintedAt('aaaa')).toBeNull();
    expect(credentialRecords(fleet, home)(MAX).deadFingerprints).toEqual([]);
    expect(credentialRecords(fleet, home)({ ...MAX, mintedAt: 7 }).mintedAt('aaaa')).toBe(7);
  }
});

test('what a sign-in has noted of this very secret counts before the declaration, of another one it says nothing', () => {
  const home = temporaryFolder();
  const mintedAt = '2026-05-01T00:00:00.000Z';
  recordMint(home, { credential: 'max', fingerprint: 'aaaa', mintedAt });
  recordMint(home, { credential: 'other', fingerprint: 'bbbb', mintedAt });
  const record = credentialRecords(null, home)({ ...MAX, mintedAt: 7 });
  expect(record.mintedAt('aaaa')).toBe(Date.parse(mintedAt));
  expect([record.mintedAt('bbbb'), record.mintedAt(null)]).toEqual([7, 7]);
});

test('a secret that the API has refused for good is known by its fingerprint', () => {
  const dead = [
    { fingerprint: 'deadbeef', at: wall(6) },
    { fingerprint: null, at: wall(7) },
  ];
  const fleet = { ...emptyFleet, ledger: { max: { ...recordOf(emptyFleet, 'max'), dead } } };
  const home = temporaryFolder();
  expect(credentialRecords(fleet, home)(MAX).deadFingerprints).toEqual(['deadbeef']);
  expect(credentialRecords(fleet, home)({ ...MAX, name: 'other' }).deadFingerprints).toEqual([]);
});
