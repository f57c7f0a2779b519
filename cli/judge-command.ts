import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import type { Hex } from 'viem'
import { type Judgement, judge } from '../replay/judge.ts'
import { Pool } from '../replay/pool/pool.ts'
import { reasonOf } from '../verdict/reason.ts'
import type { Rule, Verdict } from '../verdict/verdict.ts'
import { type ClaimLine, parseClaimLine } from './claim-line.ts'
import { exitCodes, UserError } from './exit.ts'
import { reportOf } from './judge-report.ts'
import { linesOf } from './lines.ts'

/** What `gainsay judge` takes. */
export interface JudgeOptions {
  model: string
  precision: Rule['precision']
  tolerance: number
  json?: boolean
  /** replays at once; one for each core but one when absent */
  workers?: number
  /** longest replay, in ms */
  timeout?: number
}

/** Longest line that is read: a tensor of some 190 MB in base64. */
const MAX_LINE_BYTES = 256 * 2 ** 20
/** Claims read ahead of the first that is not judged yet, in number and bytes of inputs and outputs. */
const AHEAD = 64
const AHEAD_BYTES = 128 * 2 ** 20

/**
 * `gainsay judge`: judges claims, one a line of `input`, against a model file, offline: no chain, no index, no network.
 * Verdicts come in the order of the claims.
 *
 * @returns the exit code: 0 all valid, 1 some invalid, 2 none invalid but some undetermined
 * @throws UserError (64) when the model cannot be read or there are no claims
 */
export async function runJudge(
  options: JudgeOptions,
  input: AsyncIterable<Buffer> = process.stdin,
  write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Promise<number> {
  const modelPath = resolve(options.model)
  const modelHash = await hashOf(modelPath)
  const exact = options.precision === 'exact'
  const rule: Rule = { precision: options.precision, tolerance: exact ? 0 : options.tolerance }
  const pool = new Pool({
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
  })
  const counts = { valid: 0, invalid: 0, undetermined: 0 }
  // Whoever reads our lines may have seen enough; that is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok)
    throw error
  })
  const waiting: { judged: Promise<Judged>; bytes: number }[] = []
  let ahead = 0
  const finish = async () => {
    const { judged, bytes } = waiting.shift() as (typeof waiting)[number]
    const done = await judged
    ahead -= bytes
    counts[done.judgement.verdict.kind]++
    write(options.json ? JSON.stringify(rowOf(done)) : reportOf(done.claim, done.judgement))
  }
  try {
    let number = 0
    for await (const text of linesOf(input, MAX_LINE_BYTES)) {
      number++
      if (text?.trim() === '') continue
      const bytes = text?.length ?? 0
      while (waiting.length >= AHEAD || (waiting.length > 0 && ahead + bytes > AHEAD_BYTES)) await finish()
      ahead += bytes
      waiting.push({ judged: judgeLine(text, number, { modelHash, modelPath, rule }, pool), bytes })
    }
    while (waiting.length > 0) await finish()
  } finally {
    await pool.close()
  }
  const total = counts.valid + counts.invalid + counts.undetermined
  if (total === 0) throw new UserError('There are no claims on standard input: one a line, as JSON.', exitCodes.usage)
  if (!options.json)
    write(`${total} claims: ${counts.valid} valid, ${counts.invalid} invalid, ${counts.undetermined} undetermined`)
  return counts.invalid > 0 ? 1 : counts.undetermined > 0 ? 2 : 0
}

interface Judged {
  /** `id`: null for a line that is no claim */
  claim: { id: ClaimLine['id'] | null; posted: ClaimLine['posted'] }
  judgement: Judgement
  ms: number
}

async function judgeLine(
  text: string | null,
  number: number,
  about: { modelHash: Hex; modelPath: string; rule: Rule },
  pool: Pool,
): Promise<Judged> {
  const start = performance.now()
  try {
    if (text === null) throw new Error(`the line has more than ${MAX_LINE_BYTES} bytes`)
    const claim = parseClaimLine(text)
    const judgement = await judge(
      { ...about, input: claim.input, posted: async () => claim.posted, priority: number },
      pool,
    )
    return { claim: { id: claim.id, posted: claim.posted }, judgement, ms: performance.now() - start }
  } catch (error) {
    const reason = `line ${number}: ${(error as Error).message}`
    const verdict: Verdict = { kind: 'undetermined', step: null, reason, retryable: false, runtimes: [] }
    return { claim: { id: null, posted: new Map() }, judgement: { verdict }, ms: performance.now() - start }
  }
}

/** The line of one verdict. A distance that is no number, where one side is NaN or infinite, is null. */
function rowOf({ claim, judgement: { verdict }, ms }: Judged) {
  const { runtimes: _, ...evidence } = verdict.kind === 'invalid' ? verdict.evidence : { runtimes: [] }
  const measured = verdict.kind === 'valid' ? verdict : verdict.kind === 'invalid' ? verdict.evidence : undefined
  return {
    id: claim.id,
    verdict: verdict.kind,
    distance: measured?.distance ?? null,
    tolerance: measured?.tolerance ?? null,
    output: measured?.output ?? null,
    reason: reasonOf(verdict),
    runtimes: verdict.kind === 'invalid' ? verdict.evidence.runtimes : verdict.runtimes,
    ms: Math.round(ms * 10) / 10,
    step: verdict.step,
    evidence: verdict.kind === 'invalid' ? evidence : null,
  }
}

async function hashOf(path: string): Promise<Hex> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk)
  } catch (error) {
    throw new UserError(`The model ${path} cannot be read: ${(error as Error).message}.`, exitCodes.usage)
  }
  return `0x${hash.digest('hex')}`
}
