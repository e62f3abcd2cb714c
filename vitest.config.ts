// How the tests run: in three processes, since most of them wait; real servers and files inside, each of which loads the
// bot once. Errors that nobody handles fail the run.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    isolate: false,
    maxWorkers: 3,
    // Most tests talk to real processes within seconds; a shared machine may stand still for as long. What is wrong fails twice.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
