import Table from 'cli-table3'
import { formatEther } from 'viem'
import type { Shown } from './api.ts'
import type { Outcome, Report } from './report.ts'

const bold = (text: string) => `\u001b[1m${text}\u001b[22m`
const green = (text: string) => `\u001b[32m${text}\u001b[39m`
const red = (text: string) => `\u001b[31m${text}\u001b[39m`

/** The latest results as a table: what the node says it did, what the watcher found, what the chain says. Pure. */
export function renderTable(shown: Shown | undefined, outcomes: readonly Outcome[], asked: number): string {
  const truth = new Map(outcomes.map((outcome) => [outcome.resultId, outcome]))
  const table = new Table({
    head: ['result', 'the node', "Gainsay's verdict", 'distance', 'on chain'],
    style: { head: [], border: [] },
  })
  for (const { id, status, replay } of shown?.results.items ?? []) {
    const cheat = truth.get(id)?.dishonest
    const verdict = replay?.verdict ?? '…'
    table.push([
      `${id.slice(0, 10)}…`,
      cheat === undefined ? '…' : cheat === null ? 'honest' : `cheats: ${cheat}`,
      verdict === 'invalid' ? red(verdict) : verdict === 'valid' ? green(verdict) : verdict,
      replay?.distance?.toExponential(1) ?? '',
      status === 'rejected' ? red(status) : status === 'finalized' ? green(status) : status,
    ])
  }
  const count = (status: string) => outcomes.filter((outcome) => outcome.status === status).length
  const line = ['posted', 'challenged', 'revealed', 'rejected', 'finalized'].map((s) => `${s} ${count(s)}`).join('  ')
  return `${bold(`${outcomes.length} of ${asked} results`)}  ${line}\n${table.toString()}`
}

/** Draws text over what was drawn before on a terminal; elsewhere prints nothing but changes of the first line. */
export class LiveScreen {
  #lines = 0
  #first = ''

  draw(text: string): void {
    const [first = ''] = text.split('\n')
    if (!process.stdout.isTTY) {
      if (first !== this.#first) console.log(first)
      this.#first = first
      return
    }
    // Up to where the last drawing began, and clear from there.
    process.stdout.write(`${this.#lines > 0 ? `\u001b[${this.#lines}A` : ''}\u001b[0J${text}\n`)
    this.#lines = text.split('\n').length
  }
}

/** What a run came to, in words. Pure. */
export function renderReport(report: Report, good: boolean): string {
  const { honest, fraudulent, rejected, finalized, missed, falseChallenges, undetermined, seconds } = report
  return [
    '',
    good ? green(bold('Every fraud was caught and nobody was wronged.')) : red(bold('Something went wrong.')),
    `${report.results} results in ${seconds} s: ${honest} honest, ${fraudulent} fraudulent by the nodes' own account.`,
    `${report.challenged} challenged, ${rejected} rejected, ${finalized} finalized; ${missed} missed, ${falseChallenges} falsely challenged, ${undetermined} undetermined.`,
    `The watcher earned ${formatEther(BigInt(report.rewardWei))} ETH.`,
  ].join('\n')
}
