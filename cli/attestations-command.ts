import { readFileSync, statSync } from 'node:fs'
import { isAddress } from 'viem'
import { verified } from '../attestations/digest.ts'
import type { AttestationRow } from '../journal/attestations.ts'
import { browse } from '../journal/browse.ts'
import { AttestationError, attestedVerdict, NO_DISTANCE } from '../protocol/attestation.ts'
import { published } from '../protocol/attestation-json.ts'
import { exitCodes, UserError } from './exit.ts'
import { type FilterOptions, filterOf, openForReading } from './journal-command.ts'
import { printable } from './printable.ts'

/** Largest file that is read. */
const MAX_BYTES = 256 * 2 ** 20

/** `gainsay attestations export`: every signed attestation in the form that is verified, one a line, oldest first. */
export function runAttestationsExport(options: FilterOptions): void {
  const database = openForReading()
  try {
    for (const row of browse(database, 'attestations', { ...filterOf(options), state: 'signed' })) {
      const { message, signature, signer } = row as unknown as AttestationRow & { signature: `0x${string}` }
      console.log(JSON.stringify(published(JSON.parse(message), signature, signer as `0x${string}`)))
    }
  } finally {
    database.close()
  }
}

/**
 * `gainsay attestations verify`: checks attestations offline. The file holds one, an array, what `/results/<id>/attestations`
 * answers, or one a line.
 *
 * @returns 0 when all are good, 2 when one is not
 * @throws UserError when the file cannot be read or holds none
 */
export async function runAttestationsVerify(
  path: string,
  options: { signer?: string[]; json?: boolean },
): Promise<number> {
  const wanted = (options.signer ?? []).map((address) => {
    if (!isAddress(address)) throw new UserError(`--signer ${printable(address)}: is not an address.`, exitCodes.usage)
    return address.toLowerCase()
  })
  let bad = 0
  for (const [i, one] of attestationsIn(textOf(path)).entries()) {
    const line = await checked(one, wanted)
    if ('error' in line) bad++
    if (options.json) console.log(JSON.stringify({ number: i + 1, ...line }))
    else
      console.log(
        'error' in line
          ? `${i + 1}: BAD: ${line.error}`
          : `${i + 1}: ${line.verdict} by ${line.signer}: result ${line.resultId} of ${printable(line.network)}, distance ${line.distance} of ${line.tolerance} (1e-18), judged ${line.judgedAt}`,
      )
  }
  return bad === 0 ? exitCodes.ok : exitCodes.bad
}

async function checked(one: unknown, wanted: readonly string[]) {
  try {
    const { attestation: it, signer } = await verified(one)
    if (wanted.length > 0 && !wanted.includes(signer.toLowerCase()))
      return { error: `signed by ${signer}, which is none of the watchers named` }
    const distance = it.distance === NO_DISTANCE ? 'none' : String(it.distance)
    const judgedAt = new Date(Number(it.judgedAt) * 1000)
    return {
      ...{ verdict: attestedVerdict(it.verdict), signer, network: it.network, resultId: it.resultId, distance },
      tolerance: String(it.tolerance),
      judgedAt: Number.isNaN(judgedAt.valueOf()) ? String(it.judgedAt) : judgedAt.toISOString(),
    }
  } catch (error) {
    if (error instanceof AttestationError) return { error: error.message }
    throw error
  }
}

function textOf(path: string): string {
  try {
    if (path !== '-' && statSync(path).size > MAX_BYTES)
      throw new UserError(`${path}: is larger than ${MAX_BYTES} bytes. Split it.`, exitCodes.usage)
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
      exitCodes.noInput,
    )
  }
}

/** What a file holds, whichever form it has. A line that is no JSON is left as its text, which is then found to be no attestation. */
function attestationsIn(text: string): unknown[] {
  const whole = parsed(text)
  if (Array.isArray(whole)) return whole
  const many = (whole as { attestations?: unknown } | undefined)?.attestations
  if (Array.isArray(many)) return many
  if (whole !== undefined) return [whole]
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) throw new UserError('The file holds no attestation.', exitCodes.noInput)
  return lines.map((line) => parsed(line) ?? line)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
