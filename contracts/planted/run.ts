/**
 * Proof that the contract tests bite: plants one bug at a time into a copy of the contracts and demands that the suite
 * fails for each. The first line of each patch says what the bug would cost. A second line `Caught by <file>` names the test
 * file that has to catch it: one of Foundry in contracts/, or one of Vitest. Without it that is any test of Foundry's.
 *
 * ```sh
 * node --import tsx contracts/planted/run.ts          # all
 * node --import tsx contracts/planted/run.ts silence  # those whose name contains "silence"
 * ```
 *
 * Exits with 1 if a bug went unnoticed, does not apply, does not compile, or if a suite fails without one.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failures } from './suites.ts'

const planted = fileURLToPath(new URL('./', import.meta.url))
const repository = fileURLToPath(new URL('../../', import.meta.url))
/** What a copy needs not have, by path in the repository. */
const left = ['.git', 'node_modules', 'contracts/out', 'contracts/cache', 'contracts/planted']

/** Applies a patch in `folder`, or takes it back. Throws when it does not fit the sources any more. */
function apply(patch: string, folder: string, ...flags: string[]): void {
  const { status, stderr } = spawnSync('git', ['apply', ...flags, patch], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${basename(patch)} does not apply. Renew it after changing the sources.\n${stderr}`)
}

/** What a patch would cost, and the test file that has to catch it. */
function headOf(patch: string): { cost: string; suite: string | undefined } {
  const [cost = '', second = ''] = readFileSync(patch, 'utf8').split('\n')
  return { cost, suite: /^Caught by (\S+)$/.exec(second)?.[1] }
}

const copy = mkdtempSync(join(tmpdir(), 'gainsay-planted-'))
try {
  const isLeft = new Set(left.map((path) => join(repository, path)))
  for (const name of readdirSync(repository))
    cpSync(join(repository, name), join(copy, name), { recursive: true, filter: (path) => !isLeft.has(path) })
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'), 'junction')

  const wanted = process.argv[2] ?? ''
  const patches = readdirSync(planted)
    .filter((name) => name.endsWith('.patch') && name.includes(wanted))
    .sort()
  if (patches.length === 0) throw new Error(`No planted bug is named like "${wanted}".`)
  for (const name of patches) apply(join(planted, name), join(copy, 'contracts'), '--check')
  for (const suite of new Set(patches.map((name) => headOf(join(planted, name)).suite))) {
    const before = failures(copy, suite)
    if (before.length > 0) throw new Error(`The suite fails without any planted bug: ${before.join(', ')}`)
  }

  let missed = 0
  for (const name of patches) {
    const patch = join(planted, name)
    const { cost, suite } = headOf(patch)
    const start = performance.now()
    apply(patch, join(copy, 'contracts'))
    const caught = failures(copy, suite)
    apply(patch, join(copy, 'contracts'), '--reverse')
    if (caught.length === 0) missed++
    const seconds = Math.round((performance.now() - start) / 1000)
    console.log(`${caught.length > 0 ? 'caught' : 'MISSED'}  ${name.replace('.patch', '')} (${seconds} s)`)
    console.log(`        ${cost}`)
    for (const test of caught) console.log(`        - ${test}`)
  }
  console.log(`${patches.length - missed} of ${patches.length} planted bugs caught.`)
  if (missed > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}
