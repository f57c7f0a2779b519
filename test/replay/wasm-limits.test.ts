import { afterAll, expect, test } from 'vitest'
import { demoModels, readDemoModel } from '../../demo/models.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { Folder } from './harness.ts'

// A WASM memory that grows reserves its maximum anew each time, which an address-space limit made for native runs does
// not allow: Silero's session could not be created, and every second opinion on it was missing.

const pool = new Pool({ workers: 1 })
const folder = new Folder()
afterAll(async () => {
  await pool.close()
  folder.remove()
})

test.each(demoModels())('$name runs on both runtimes under the default limits', async (model) => {
  const job = { ...folder.job(readDemoModel(model)), input: encodeTensors(model.input(1)) }
  for (const runtime of ['native', 'wasm', 'native'] as const) {
    const outcome = await pool.replay({ ...job, runtime })
    expect(outcome).toMatchObject({ kind: 'outputs' })
  }
  expect(await pool.replay({ ...job, runtime: 'wasm', fresh: true })).toMatchObject({ kind: 'outputs' })
})
