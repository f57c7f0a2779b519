import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ModelFileError, Sessions } from '../../replay/runtime/sessions.ts'
import { label, realModels, square, unopenable } from './models.ts'

const folder = mkdtempSync(join(tmpdir(), 'gainsay-sessions-'))
afterAll(() => rmSync(folder, { recursive: true }))

function stored(model: Uint8Array) {
  const hash = createHash('sha256').update(model).digest('hex')
  writeFileSync(join(folder, hash), model)
  return { modelHash: `0x${hash}`, modelPath: join(folder, hash), variant: 'canonical' as const }
}
const keyOf = ({ modelHash }: { modelHash: string }) => `native canonical ${modelHash}`

describe('Sessions', () => {
  it('opens a model once, and each variant of it apart', async () => {
    const sessions = new Sessions('native', 2 ** 30)
    const batch = stored(square())
    const first = await sessions.open(batch)
    expect(await sessions.open(batch)).toBe(first)
    expect(await sessions.open({ ...batch, variant: 'all' })).not.toBe(first)
    expect(sessions.keys).toHaveLength(2)
  })

  it('closes the least recently used when they take too much, never the one in use', async () => {
    const [a, b] = [stored(square()), stored(label())]
    const large = stored(realModels.ocr_cls().model)
    const sessions = new Sessions('native', 400_000)
    await sessions.open(large)
    expect(sessions.keys).toEqual([keyOf(large)])
    await sessions.open(a)
    expect(sessions.keys).toEqual([keyOf(a)])
    const roomy = new Sessions('native', 2 ** 30)
    for (const batch of [a, b, a]) await roomy.open(batch)
    expect(roomy.keys).toEqual([keyOf(b), keyOf(a)])
  })

  it('keeps nothing of what cannot be opened', async () => {
    const sessions = new Sessions('native', 2 ** 30)
    const batch = stored(square())
    await expect(sessions.open(stored(unopenable()))).rejects.toMatchObject({ name: 'RefusedModel' })
    await expect(sessions.open({ ...batch, modelHash: `0x${'00'.repeat(32)}` })).rejects.toThrow(/not have its hash/)
    await expect(sessions.open({ ...batch, modelPath: join(folder, 'absent') })).rejects.toThrow(ModelFileError)
    expect(sessions.keys).toEqual([])
  })
})
