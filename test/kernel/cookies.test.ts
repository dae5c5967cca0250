import { expect, test } from 'vitest';
import { AGENT_COOKIE, COOKIES, RUN_COOKIE } from '../../src/kernel/cookies.ts';

test('the cookies of a run and of an agent are all that nobody else may set', () => {
  expect(COOKIES).toEqual([RUN_COOKIE, AGENT_COOKIE]);
  expect(new Set(COOKIES).size).toBe(2);
});
