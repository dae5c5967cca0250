import { expect, test } from 'vitest';
import { matchTargets } from '../../src/protocol/targets.ts';

const rows = [
  { name: 'reviewer', namespace: 'default' },
  { name: 'triage', namespace: 'night' },
  { name: 'triage-2', namespace: 'night' },
];
const names = (...targets: string[]): string[] => matchTargets(targets, rows).rows.map(({ name }) => name);

test('names, globs, all and namespaces each mean what they say', () => {
  expect(names('triage')).toEqual(['triage']);
  expect(names('triage*')).toEqual(['triage', 'triage-2']);
  expect(names('triage-?')).toEqual(['triage-2']);
  expect(names('*e*')).toEqual(['reviewer', 'triage', 'triage-2']);
  expect(names('all')).toEqual(['reviewer', 'triage', 'triage-2']);
  expect(names('namespace:night')).toEqual(['triage', 'triage-2']);
});

test('an agent that several targets name is taken once, in the order of the rows', () => {
  expect(names('triage', 'all', 'reviewer')).toEqual(['reviewer', 'triage', 'triage-2']);
});

test('targets that name nobody are told, and characters of regular expressions are only themselves', () => {
  expect(matchTargets(['reviewe', 'x*', 'namespace:day', 'r.*', 'triage'], rows).unknown).toEqual([
    'reviewe',
    'x*',
    'namespace:day',
    'r.*',
  ]);
});

test('all is right also when there is nobody', () => {
  expect(matchTargets(['all'], [])).toEqual({ rows: [], unknown: [] });
});

test('a pattern of many stars takes no time', () => {
  const name = 'a'.repeat(64);
  expect(matchTargets(['*a'.repeat(30) + 'b'], [{ name, namespace: '' }]).rows).toEqual([]);
});
