import { describeHistory } from './support/history.ts'

describeHistory('PGlite', async () => undefined)
