import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { assertEmbeddedDatabase, EMBEDDED_POSTGRES, embeddedFolder } from '../../cli/embedded-database.ts'

/** What Ponder's own PGlite does, in a process of its own: it can hang, and then nothing in its process goes on. */
async function inPglite(folder: string, code: string): Promise<string> {
  const file = fileURLToPath(new URL(`embedded-${process.pid}.tmp.mjs`, import.meta.url))
  writeFileSync(
    file,
    `import { createRequire } from 'node:module'
const { PGlite } = createRequire(import.meta.resolve('ponder'))('@electric-sql/pglite')
const db = await PGlite.create(${JSON.stringify(folder)})
${code}
await db.close()`,
  )
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 120_000 })
    return stdout.trim()
  } finally {
    rmSync(file)
  }
}

test('an answer of more than 64 MiB comes to an end, and a database of another version is refused with what to do', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-embedded-'))
  const folder = embeddedFolder({ dataDir })
  try {
    // Versions below 0.3 never came back from the second, and an index with them never answered again.
    const sizes = await inPglite(
      folder,
      `await db.exec("create table t as select repeat('ab', 500000) d from generate_series(1, 80)")
for (const rows of [60, 80]) console.log((await db.query('select d from t limit ' + rows)).rows.length)`,
    )
    expect(sizes).toBe('60\n80')
    expect(readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim()).toBe(EMBEDDED_POSTGRES)
    assertEmbeddedDatabase({ dataDir, databaseUrl: undefined })
    writeFileSync(join(folder, 'PG_VERSION'), '16\n')
    expect(() => assertEmbeddedDatabase({ dataDir, databaseUrl: undefined })).toThrow(`Delete that folder`)
    assertEmbeddedDatabase({ dataDir, databaseUrl: 'postgres://elsewhere' })
  } finally {
    rmSync(dataDir, { recursive: true })
  }
})
