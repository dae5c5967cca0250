import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MUTATIONS } from './mutations.ts';

const kernel = (file: string): string => readFileSync(new URL(`../../src/kernel/${file}`, import.meta.url), 'utf8');

describe('the mutations of the kernel', () => {
  test('are at least twenty, each with a name of its own', () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  });

  test.each(MUTATIONS)('$name: what it changes stands there exactly once, and its tests are there', (mutation) => {
    expect(kernel(mutation.file).split(mutation.from)).toHaveLength(2);
    expect(mutation.to).not.toBe(mutation.from);
    for (const file of mutation.killedBy) expect(existsSync(new URL(`../kernel/${file}`, import.meta.url))).toBe(true);
  });
});
