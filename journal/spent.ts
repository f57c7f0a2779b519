import { parseTransaction } from 'viem'
import type { Journal } from './open.ts'

/**
 * Wei that an account has spent since a moment, or may yet: of what is mined, the value sent along and the gas; of what is
 * under way, whenever it was signed, the most that it can cost. Each nonce counts once, as only one of its transactions can
 * be mined. What comes back later, such as a bond, is not subtracted: this is a bound on what a stolen or mad process does.
 *
 * @param since Unix milliseconds
 * @param exceptNonce what a replacement is signed for: it takes the place of what is counted there
 */
export async function spentSince(
  journal: Journal,
  sender: string,
  since: number,
  exceptNonce?: number,
): Promise<bigint> {
  const rows = await journal
    .selectFrom('attempt')
    .select(['nonce', 'raw', 'state', 'gasPaid'])
    .where('sender', '=', sender)
    .where((e) => e.or([e('state', '=', 'signed'), e('createdAt', '>=', since), e('settledAt', '>=', since)]))
    .execute()
  const costs = new Map<number, bigint>()
  for (const row of rows) {
    if (row.nonce === exceptNonce || row.state === 'dropped') continue
    const cost = costOf(row)
    costs.set(row.nonce, cost > (costs.get(row.nonce) ?? 0n) ? cost : (costs.get(row.nonce) ?? 0n))
  }
  return [...costs.values()].reduce((sum, cost) => sum + cost, 0n)
}

function costOf({ raw, state, gasPaid }: { raw: string; state: string; gasPaid: string | null }): bigint {
  const { value = 0n, gas = 0n, maxFeePerGas = 0n } = parseTransaction(raw as `0x02${string}`)
  if (state === 'reverted') return BigInt(gasPaid ?? 0)
  return value + (gasPaid === null ? gas * maxFeePerGas : BigInt(gasPaid))
}
