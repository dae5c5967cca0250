import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deliveryUuid, ownMessageId, sessionId } from '../../src/kernel/ids.ts';
import { tierOf } from '../../src/kernel/tier.ts';
import { forAll } from './replay.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MESSAGE = '11111111-2222-4333-8444-555555550000';
const number = fc.integer({ min: 0, max: 65_535 });

describe('ids', () => {
  test('a delivery keeps its message and counts in the last digits', () => {
    expect(deliveryUuid(MESSAGE, 1)).toBe('11111111-2222-4333-8444-555555550001');
    expect(deliveryUuid(MESSAGE, 255)).toBe('11111111-2222-4333-8444-5555555500ff');
  });

  test('each is a UUID and no two are the same', () => {
    forAll(
      fc.property(fc.uuid({ version: 4 }), number, number, (seed, one, other) => {
        const all = [deliveryUuid, sessionId, ownMessageId].map((idOf) => [idOf(seed, one), idOf(seed, other)]);
        for (const [a, b] of all) {
          expect(a).toMatch(UUID);
          expect(a === b).toBe(one === other);
        }
        expect(sessionId(seed, one)).not.toBe(ownMessageId(seed, other));
      }),
      100,
    );
  });

  test('a prompt of our own ends in 0000, so that its deliveries can be told from it', () => {
    expect(ownMessageId(MESSAGE, 7)).toBe('11111111-2222-4333-8444-b00000070000');
    expect(deliveryUuid(ownMessageId(MESSAGE, 7), 2)).toBe('11111111-2222-4333-8444-b00000070002');
  });

  test('what is no UUID is a bug of ours', () => {
    expect(() => deliveryUuid('m1', 1)).toThrow('agentvisor bug');
  });
});

describe('the family of a model', () => {
  test.each([
    ['opus', 'opus'],
    ['claude-opus-4-5-20251101', 'opus'],
    ['claude-3-5-sonnet-20241022', 'sonnet'],
    ['us.anthropic.claude-haiku-4-5-v1:0', 'haiku'],
    ['claude-fable-1', 'fable'],
    ['<synthetic>', 'synthetic'],
    ['42', null],
    [null, null],
  ])('of %s is %s', (model, family) => {
    expect(tierOf(model)).toBe(family);
  });
});
