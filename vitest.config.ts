import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    // What Ponder gives to the API when it loads it: here the tables alone, for tests of the schema that ask no database.
    alias: [
      { find: 'ponder:schema', replacement: fileURLToPath(new URL('test/api/tables.ts', import.meta.url)) },
      { find: 'ponder:api', replacement: fileURLToPath(new URL('test/api/no-database.ts', import.meta.url)) },
      // One copy of it, as its classes are asked for: Vite would take another one than Node does for its libraries.
      { find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') },
    ],
  },
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
