/** Run by the pool's test, which kills it: a watcher in the middle of a replay that never ends. Argument: a folder. */
import { encodeTensors } from '../../protocol/tensor.ts'
import { Artifacts } from '../../replay/artifacts/artifacts.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { endless, float32 } from './models.ts'

const artifacts = new Artifacts({ directory: process.argv[2] as string })
const modelHash = await artifacts.put(endless())
const input = encodeTensors(new Map([['x', float32([1])]]))
await new Pool({ workers: 1 }).replay({ modelHash, modelPath: artifacts.pathOf(modelHash), input, runtime: 'native' })
