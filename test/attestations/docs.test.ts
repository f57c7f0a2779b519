import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { attestationTypes } from '../../protocol/attestation.ts'
import { attestationRoutes } from '../../src/api/attestations/routes.ts'
import { journalReader } from '../../src/api/journal.ts'
import { attestMany, newJournal } from './support.ts'

const docs = readFileSync(new URL('../../docs/attestations.md', import.meta.url), 'utf8')

test('the lines of docs/attestations.md verify an attestation as they are, and no forged one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-attest-docs-'))
  const journal = await newJournal(folder)
  const [one] = await attestMany(journal, 7)
  const app = attestationRoutes(journalReader(join(folder, 'journal.sqlite')))
  /** What is changed of an answer on its way. */
  let forge = (body: string) => body
  const server = createServer(async (request, response) => {
    const answer = await app.request(request.url ?? '')
    response.end(forge(await answer.text()))
  }).listen(0, '127.0.0.1')
  await new Promise((up) => server.once('listening', up))
  const [, code] = /```js\n([\s\S]*?)```/.exec(docs) ?? []
  const module = `export async function check(api, resultId, outputHash, console) {\n${(code ?? '').replace(/^import (.*) from (.*)$/m, 'const $1 = await import($2)')}\n}\n`
  // Beside the tests, so that it finds viem.
  const file = new URL(`docs-lines-${process.pid}.tmp.mjs`, import.meta.url)
  writeFileSync(file, module)
  try {
    const { check } = (await import(file.href)) as { check: (...args: unknown[]) => Promise<void> }
    const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const said = async (outputHash = one?.outputHash) => {
      const lines: string[] = []
      await check(api, one?.resultId, outputHash, { log: (line: string) => lines.push(line) })
      return lines
    }
    expect(await said()).toEqual(['valid, says 0x17c5185167401ed00cf5f5b2fc97d9bbfdb7d025'])
    expect(await said('0x00')).toEqual([])
    forge = (body) => body.replace('"judgedAt":"17', '"judgedAt":"18')
    expect(await said()).toEqual([])
    forge = (body) => body.replaceAll('0x17c5185167401ed00cf5f5b2fc97d9bbfdb7d025', `0x${'11'.repeat(20)}`)
    expect(await said()).toEqual([])
  } finally {
    rmSync(file)
    server.close()
    await journal.destroy()
  }
})

test('every field that is signed has its row', () => {
  const rows = [...docs.matchAll(/^\| (`[^|]*`) \|/gm)].map(([, names]) => names).join()
  expect(attestationTypes.Attestation.map(({ name }) => name).filter((name) => !rows.includes(`\`${name}\``))).toEqual(
    [],
  )
})
