import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** One seed for all, so that a bug is caught every time or never. Shrinking a counterexample would only take time. */
const FORGE = ['test', '--json', '--fuzz-seed', '0x6a1a5a']
const ENVIRONMENT = { ...process.env, FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: '0' }

/** The part of Foundry's JSON report that is read here. */
type ForgeReport = Record<string, { test_results: Record<string, { status: string }> }>

/** The part of Vitest's JSON report that is read here. */
interface VitestReport {
  testResults: { assertionResults: { status: string; fullName: string }[] }[]
}

/**
 * Runs a suite in a copy of the repository and names the tests that failed.
 *
 * @param suite a Foundry file in contracts/, or a Vitest file, which gets contracts compiled anew; all of Foundry's by default
 * @throws when there is no report, as after a compiler error
 */
export function failures(repository: string, suite?: string): string[] {
  return suite?.endsWith('.test.ts') ? ofVitest(repository, suite) : ofFoundry(repository, suite)
}

function ofFoundry(repository: string, suite?: string): string[] {
  const forge = join(repository, 'node_modules/@foundry-rs/forge/bin.mjs')
  const path = suite ? ['--match-path', suite] : []
  const report = run<ForgeReport>('Foundry', [forge, ...FORGE, ...path], join(repository, 'contracts'))
  const tests = Object.values(report).flatMap(({ test_results }) => Object.entries(test_results))
  if (tests.length === 0) throw new Error(`Foundry found no test in ${suite}.`)
  return tests.filter(([, { status }]) => status === 'Failure').map(([test]) => test.replace(/\(.*/, ''))
}

function ofVitest(repository: string, suite: string): string[] {
  const written = spawnSync(process.execPath, ['--import', 'tsx', 'abis/generate.ts'], {
    cwd: repository,
    encoding: 'utf8',
  })
  if (written.status !== 0) throw new Error(`The ABIs cannot be written.\n${written.stderr}`)
  const vitest = join(repository, 'node_modules/vitest/vitest.mjs')
  const report = run<VitestReport>('Vitest', [vitest, 'run', '--bail=1', '--reporter=json', suite], repository)
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  if (!tests.some(({ status }) => status === 'passed' || status === 'failed'))
    throw new Error(`Vitest ran no test of ${suite}.`)
  return tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName)
}

function run<Report>(who: string, command: string[], folder: string): Report {
  const { stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    env: ENVIRONMENT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const start = stdout.indexOf('{')
  if (start === -1) throw new Error(`${who} gave no report.\n${stdout}${stderr}`)
  return JSON.parse(stdout.slice(start)) as Report
}
