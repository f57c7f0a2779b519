/**
 * Proof that the contract tests bite: plants one bug at a time into a copy of the contracts and demands that the suite
 * fails for each. The first line of each patch says what the bug would cost.
 *
 * ```sh
 * node --import tsx contracts/planted/run.ts          # all
 * node --import tsx contracts/planted/run.ts silence  # those whose name contains "silence"
 * ```
 *
 * Exits with 1 if a bug went unnoticed, does not apply, does not compile, or if the suite fails without one.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const planted = fileURLToPath(new URL('./', import.meta.url))
const contracts = fileURLToPath(new URL('../', import.meta.url))
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** One seed for all, so that a bug is caught every time or never. Shrinking a counterexample would only take time. */
const FORGE = ['test', '--json', '--fuzz-seed', '0x6a1a5a']
const ENVIRONMENT = { ...process.env, FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: '0' }

/** The part of Foundry's JSON report that is read here. */
type Report = Record<string, { test_results: Record<string, { status: string }> }>

/** Runs the suite in `folder` and names the tests that failed. Throws if there is no report, as after a compiler error. */
function failures(folder: string): string[] {
  const { stdout, stderr } = spawnSync(process.execPath, [join(modules, '@foundry-rs/forge/bin.mjs'), ...FORGE], {
    cwd: folder,
    env: ENVIRONMENT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const start = stdout.indexOf('{')
  if (start === -1) throw new Error(`Foundry gave no report.\n${stdout}${stderr}`)
  const report = JSON.parse(stdout.slice(start)) as Report
  return Object.values(report).flatMap(({ test_results }) =>
    Object.entries(test_results)
      .filter(([, { status }]) => status === 'Failure')
      .map(([test]) => test.replace(/\(.*/, '')),
  )
}

/** Applies a patch in `folder`, or takes it back. Throws when it does not fit the sources any more. */
function apply(patch: string, folder: string, ...flags: string[]): void {
  const { status, stderr } = spawnSync('git', ['apply', ...flags, patch], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${basename(patch)} does not apply. Renew it after changing the sources.\n${stderr}`)
}

const home = mkdtempSync(join(tmpdir(), 'gainsay-planted-'))
try {
  const copy = join(home, 'contracts')
  cpSync(contracts, copy, {
    recursive: true,
    filter: (path) => !['out', 'cache', 'planted'].some((name) => path === join(contracts, name)),
  })
  symlinkSync(modules, join(home, 'node_modules'), 'junction')

  const before = failures(copy)
  if (before.length > 0) throw new Error(`The suite fails without any planted bug: ${before.join(', ')}`)

  const wanted = process.argv[2] ?? ''
  const patches = readdirSync(planted)
    .filter((name) => name.endsWith('.patch') && name.includes(wanted))
    .sort()
  if (patches.length === 0) throw new Error(`No planted bug is named like "${wanted}".`)

  let missed = 0
  for (const name of patches) {
    const patch = join(planted, name)
    apply(patch, copy)
    const caught = failures(copy)
    apply(patch, copy, '--reverse')
    if (caught.length === 0) missed++
    console.log(`${caught.length > 0 ? 'caught' : 'MISSED'}  ${name.replace('.patch', '')}`)
    console.log(`        ${readFileSync(patch, 'utf8').split('\n')[0]}`)
    for (const test of caught) console.log(`        - ${test}`)
  }
  console.log(`${patches.length - missed} of ${patches.length} planted bugs caught.`)
  if (missed > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(home, { recursive: true, force: true })
}
