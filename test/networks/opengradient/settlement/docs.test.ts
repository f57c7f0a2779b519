import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { dumpOf, makeTee, signedRow, type Tee, treeOver } from './tees.ts'

const docs = readFileSync(new URL('../../../../docs/audit.md', import.meta.url), 'utf8')

test('the lines of docs/audit.md check a leaf as they are, and no other key', async () => {
  const [, lines] = /```ts\n([\s\S]*?)```/.exec(docs) ?? []
  const [tee, other] = [makeTee(), makeTee()]
  const tree = treeOver([await signedRow(tee, 1, 1_790_000_000n)])
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-audit-docs-'))
  // Beside the tests, so that it finds the libraries.
  const file = fileURLToPath(new URL(`docs-lines-${process.pid}.tmp.mjs`, import.meta.url))
  const said = ({ publicKey }: Tee) => {
    writeFileSync(file, `const publicKey = '${publicKey}'\n${lines}`)
    return execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' }).trim().split('\n')
  }
  writeFileSync(join(folder, 'evidence.json'), dumpOf(tree))
  try {
    expect(said(tee)).toEqual([tree.root, 'true', 'true'])
    expect(said(other)).toEqual([tree.root, 'false', 'false'])
  } finally {
    rmSync(file, { force: true })
    rmSync(folder, { recursive: true })
  }
})
