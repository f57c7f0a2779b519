import { Gauge, Registry } from 'prom-client'
import { formatEther } from 'viem'
import type { CanaryReport } from './canary-facts.ts'

/** Everything about the canary that is measured, at one moment. */
export interface CanaryMeasured {
  report: CanaryReport
  /** whether the latest canary was refused */
  isRefused: boolean
  /** Unix milliseconds of the process's start */
  startedAt: number
  now: number
}

/** The metrics of the canary's own process: they must be there when the watcher is not. */
export function createCanaryMetrics(about: { chainId: number; account: string; watcher: string; everyS: number }): {
  register: Registry
  show: (measured: CanaryMeasured) => void
} {
  const register = new Registry()
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `gainsay_canary_${name}`, help, labelNames, registers: [register] })
  const info = gauge('info', 'What runs: always 1', ['chain_id', 'account', 'watcher'])
  const every = gauge('every_seconds', 'Seconds between canaries, on average')
  const runs = gauge('runs', 'Canaries by outcome', ['outcome'])
  const open = gauge('open', '1 while a canary is under way, else 0')
  const failed = gauge('failed', '1 while the latest canary whose outcome is known was not caught as it should be')
  const refused = gauge('refused', '1 while the latest canary could not be begun')
  const age = gauge('caught_age_seconds', 'Seconds since a canary was last caught, or since the first look for one')
  const cost = gauge('cost_eth', 'What the canaries of the last 24 hours cost, ETH')
  const show = ({ report, isRefused, startedAt, now }: CanaryMeasured) => {
    info.set({ chain_id: String(about.chainId), account: about.account, watcher: about.watcher }, 1)
    every.set(about.everyS)
    for (const [outcome, n] of Object.entries(report.outcomes)) runs.set({ outcome }, n)
    open.set(report.open ? 1 : 0)
    failed.set(report.last !== null && report.last.outcome !== 'caught' ? 1 : 0)
    refused.set(isRefused ? 1 : 0)
    age.set((now - (report.lastCaughtAt ?? report.firstAt ?? startedAt)) / 1000)
    cost.set(Number(formatEther(report.costOfDay)))
  }
  return { register, show }
}
