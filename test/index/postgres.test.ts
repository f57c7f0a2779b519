import { afterAll } from 'vitest'
import { describeHistory } from './support/history.ts'
import { type Postgres, startPostgres } from './support/postgres.ts'

let postgres: Postgres | undefined
afterAll(() => postgres?.stop())

describeHistory('Postgres', async () => {
  postgres = await startPostgres()
  return postgres.fresh()
})
