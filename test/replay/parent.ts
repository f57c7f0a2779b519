/** Run by the pool's test, which kills it: a watcher in the middle of a replay that never ends. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Artifacts } from '../../replay/artifacts.ts'
import { Pool } from '../../replay/pool.ts'
import { endless, float32 } from './models.ts'

const artifacts = new Artifacts({ directory: await mkdtemp(join(tmpdir(), 'gainsay-parent-')) })
const modelHash = await artifacts.put(endless())
const inputs = new Map([['x', float32([1])]])
await new Pool({ workers: 1 }).replay({ modelHash, modelPath: artifacts.pathOf(modelHash), inputs, runtime: 'native' })
