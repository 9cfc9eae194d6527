import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/engine-setup.ts'],
    // Flows start servers and databases: more of them side by side starve one another's timers on two cores.
    maxWorkers: 2,
    // Flows wait for real servers: one that a busy machine kept waiting gets a second try, which the report tells.
    retry: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
