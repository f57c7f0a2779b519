import { expect, test } from 'vitest'
import { workflows } from './opengradient.ts'
import type { ExplorerStage } from './stage.ts'
import { evil } from './wares.ts'

/** What holds of the pages about OpenGradient: recorded results, tasks, settled calls. */
export function testOpenGradientPages(at: () => ExplorerStage): void {
  const get = async (path: string) => {
    const response = await fetch(at().index.apiUrl + path, { redirect: 'manual' })
    return { status: response.status, location: response.headers.get('location'), body: await response.text() }
  }
  const text = async (path: string) => {
    const { body } = await get(path)
    return body
      .slice(body.indexOf('<main'))
      .replace(/<[^>]*>/g, ' ')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replace(/\s+/g, ' ')
  }
  const resultPath = (name: string) => `/results/${at().opengradient.results.get(name)}`

  test('a recorded result says what to rely on, how it was to be verified, and of which file kept where', async () => {
    const page = await text(resultPath('repeated'))
    expect(page).toMatch(/Replayed, and right by the word of this watcher.*nothing on chain says/)
    expect(page).toContain('the output deviates by 2.40e−8, of 1.00e−5 that are tolerated')
    expect(page).toContain('mode vanilla: by whoever replays it')
    expect(page).toMatch(/its file Walrus blob Bk7vR2mQxJ5tYw9LhN3pCzA8sDfGe1uVoKiTbXy4n0E , checked by its id/)
    expect(page).toMatch(/Attestations.*valid 0x17c518…b7d025.*gainsay 0\.1\.0; onnxruntime-node/)
    expect(page).toContain('open_high_low_close float32 [10, 4]')
    expect(page).toContain('volatility float32 [1, 10]')
    // Nobody is paid and nobody is challenged there.
    for (const words of ['Who was paid', 'What this watcher did', 'bond', 'it is not settled'])
      expect(page, words).not.toContain(words)
    expect(await text(resultPath('zkml'))).toMatch(
      /Nobody here can tell.*This watcher did not replay it: it rests on a zero-knowledge proof.*mode zkml/,
    )
    expect(await text(resultPath('tee'))).toMatch(/Recorded, and not replayed yet.*mode tee/)
    const past = await text(resultPath('past'))
    expect(past).toMatch(/its file Qma{44} on IPFS, checked by its CID/)
    expect(past).toContain('Its event does not carry it.')
    // One that cannot be read has no name.
    const malformed = await text(resultPath(''))
    expect(malformed).toMatch(/mode unknown.*its file the chain names none/)
    expect(malformed).toMatch(/\d+ bytes that are no tensors: .* malformed &lt;\/script&gt;/)
    expect(await text(resultPath('texts'))).toMatch(
      /label text, 14 bytes \["buy","hold"\] probabilities text, 27 bytes \{"buy": 0\.71, "hold": 0\.29\}/,
    )
  })

  test('a result shows who repeated it, whether that agrees, and the task that it was a run of', async () => {
    const agreed = await text(resultPath('repeated'))
    expect(agreed).toMatch(/Who repeated it.*hub 0x8383c9…1a6fae ✓ the same output/)
    expect(agreed).not.toContain('another output')
    const contradicted = await get(resultPath('scheduled 1'))
    expect(contradicted.body).toContain(`/tasks/${at().opengradient.tasks.running}`)
    expect(await text(resultPath('scheduled 1'))).toMatch(
      /A contract that asked for it says that it was given another output.*workflow 0x000000…0f10e5 ✕ another output/,
    )
    expect(await text(resultPath('scheduled 2'))).toContain('no output at all')
    expect(await text(resultPath('texts'))).not.toContain('Who repeated it')
    expect(await text(`/results/${at().convicted}`)).not.toContain('Who repeated it')
  })

  test('tasks show whether they run, how often, and what each run gave', async () => {
    const { tasks } = at().opengradient
    const list = await text('/tasks')
    expect(list).toMatch(/running every 1 h 5 \d{4}-/)
    expect(list).toMatch(/stopped every 12 h 0 none yet/)
    expect(list).toMatch(/over every 30 s 0 none yet/)
    expect(list).toMatch(/running less than once a century 0 none yet second 11579208…639935/)
    const running = await text(`/tasks/${tasks.running}`)
    expect(running).toContain('Its scheduler is to run it again.')
    expect(running).toContain(`workflow ${workflows.running}`)
    // Newest first: of no inference, agreeing, silent, contradicting, agreeing.
    expect(running).toMatch(
      /no inference – nothing to compare with .*the same output.*no output at all.*invalid ✕ another output.*valid ✓ the same output/,
    )
    const { body } = await get(`/tasks/${tasks.running}`)
    for (const run of ['scheduled 0', 'scheduled 3']) expect(body).toContain(resultPath(run))
    const stopped = await text(`/tasks/${tasks.stopped}`)
    expect(stopped).toMatch(/stopped Its owner has stopped it\..*changed \d{4}-.*It has not run\./)
    expect(await text(`/accounts/${at().stage.cast.otherRequester}`)).toMatch(/What it scheduled.*stopped 0 every 12 h/)
    for (const path of [`/tasks/0x${'0'.repeat(64)}`, '/tasks/1', '/tasks/%3Cscript%3E'])
      expect((await get(path)).status, path).toBe(404)
    for (const path of [`/tasks/${tasks.running}?after=nonsense`, '/tasks?after=%3Cscript%3E', '/batches?after=1.0x'])
      expect((await get(path)).status, path).toBe(200)
  })

  test('lists go on where they stopped, each row once', async () => {
    const { tasks } = await at().index.ask<{ tasks: { endCursor: string; items: { id: string }[] } }>(
      '{ tasks(first: 1) { endCursor items { id } } }',
    )
    const { body } = await get(`/tasks?after=${tasks.endCursor}`)
    const ids = new Set([...body.matchAll(/\/tasks\/(0x[0-9a-f]{64})/g)].map(([, id]) => id))
    expect(ids.size).toBe(Object.keys(workflows).length - 1)
    expect(ids).not.toContain(tasks.items[0]?.id)
    expect(body).toContain('from the beginning')
  })

  test('settled calls show what their audit found, and how far that goes', async () => {
    const { batches } = at().opengradient
    const list = await text('/batches')
    expect(list).toMatch(/mismatch 1 batchSize, 1 future, 1 signature, 1 unregistered/)
    expect(list).toContain('one by itself')
    expect(await text(`/batches/${batches.audited}`)).toMatch(
      /24 settled LLM calls ✓ Signatures, keys, times and root.*That a language model gave the answers, it does not say.*24 of 24 calls checked.*as it was at the settlement's block/,
    )
    const wrong = await text(`/batches/${batches.mismatch}`)
    expect(wrong).toMatch(/Do not rely on it as a whole.*batchSize the whole – 26 leaves were published, 30 settled/)
    expect(wrong).toMatch(/signature #5 0x.*not a signature of the TEE/)
    const missing = await text(`/batches/${batches.missing}`)
    expect(missing).toMatch(/Nobody here can tell whether it is right.*The audit came to no end:.*next try \d{4}-/)
    expect(missing).not.toContain('What is wrong')
    expect(await text(`/batches/${batches.single}`)).toMatch(/A settled LLM call.*the evidence cannot be read/)
    expect((await get(`/batches/0x${'0'.repeat(64)}`)).status).toBe(404)
  })

  test("a stranger's text in a result, a task or the evidence of a call is text, visible and cut", async () => {
    const { batches, tasks } = at().opengradient
    const paths = [resultPath(evil.name), resultPath('unfilled'), `/batches/${batches.hostile}`]
    for (const path of [
      ...paths,
      `/batches/${batches.single}`,
      `/tasks/${tasks.absurd}`,
      '/models',
      '/tasks',
      '/batches',
    ]) {
      const { status, body } = await get(path)
      expect(status, path).toBe(200)
      expect(body.length, path).toBeLessThan(60_000)
      expect(body, path).not.toContain('window.hacked=2"')
      expect(body, path).not.toContain('<script>window')
      expect(body.match(/[\u202a-\u202e\u2066-\u2069]/u), path).toBeNull()
    }
    for (const path of paths) expect((await get(path)).body, path).toContain('‹U+202E›')
    expect(await text(resultPath(evil.name))).toContain('(900,006 characters)')
    for (const path of [resultPath('unfilled'), `/batches/${batches.hostile}`])
      expect(await text(path), path).toContain('(1,048,576 characters)')
    expect(await text(`/tasks/${tasks.absurd}`)).toMatch(/less than once a century until second 11579208…639935/)
    expect(await text(`/batches/${batches.hostile}`)).toMatch(/Walrus blob none.*signed for second 11579208…639935/)
  })

  test('a search finds tasks by id and workflow, and batches by id', async () => {
    const { tasks, batches } = at().opengradient
    const leads = async (query: string) => (await get(`/search?q=${query}`)).location
    expect(await leads(tasks.stopped)).toBe(`/tasks/${tasks.stopped}`)
    expect(await leads(tasks.stopped.slice(0, 20).toUpperCase().replace('X', 'x'))).toBe(`/tasks/${tasks.stopped}`)
    expect(await leads(workflows.over)).toBe(`/tasks/${tasks.over}`)
    expect(await leads(batches.mismatch)).toBe(`/batches/${batches.mismatch}`)
    expect(await leads(batches.audited.slice(2, 30))).toBe(`/batches/${batches.audited}`)
    expect(await leads('repeated')).toBe(resultPath('repeated'))
    expect(await leads(encodeURIComponent(evil.name))).toBe(resultPath(evil.name))
  })
}
