import { formatEther } from 'viem'
import type { Gains } from './purses.ts'

/** One line of the table. */
export interface Row {
  who: string
  does: string
  gains: Gains
  /** wei of gas that the watcher paid */
  gas: bigint
}

/** Who gains what, as Markdown: ether to the last wei, gas apart; the watcher's own gas at 1 gwei a unit of base fee. */
export function tableOf(rows: readonly Row[]): string {
  const head = ['adversary', 'does', 'watcher', 'adversary’s account', 'node', 'requester', 'burnt', 'watcher’s gas']
  const lines = rows.map(({ who, does, gains, gas }) => [
    ...[who, does, ether(gains.watcher), ether(gains.adversary), ether(gains.node), ether(gains.requester)],
    ...[ether(gains.burnt), formatEther(gas)],
  ])
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function ether(wei: bigint): string {
  return wei > 0n ? `+${formatEther(wei)}` : formatEther(wei).replace('-', '−')
}
