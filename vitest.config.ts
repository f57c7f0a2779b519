import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Chains, databases and runtimes start in hooks, and a busy machine is no defect.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Each file may start a chain and an index of its own: more than two at once starve each other on two cores.
    maxWorkers: 2,
    pool: 'forks',
  },
})
