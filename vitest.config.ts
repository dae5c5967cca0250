import { defineConfig } from 'vitest/config';

const shared = {
  globalSetup: './test/build.ts',
  pool: 'forks' as const,
  // A second is little for a process that begins on a busy machine.
  expect: { poll: { timeout: 10_000 } },
};

export default defineConfig({
  test: {
    // Tests start processes of their own; more at once would only make each other slow.
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      // What decides is pure: there is no branch of it that a test could not reach.
      include: ['src/kernel/**'],
      reporter: ['text'],
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
