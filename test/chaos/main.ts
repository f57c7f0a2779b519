import { parseArgs } from 'node:util'
import { shutdownSignal } from '../../cli/shutdown.ts'
import { shortForm } from './forms.ts'
import { runChaos } from './run.ts'
import type { ChaosOptions } from './summary.ts'

// `npm run chaos -- --seed N [--minutes 30]`: the long form. Prints what happens to stderr and a JSON summary to stdout.

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '30' },
    results: { type: 'string', default: '60' },
    hostile: { type: 'string', default: '40' },
    'block-ms': { type: 'string', default: '1500' },
    tiny: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
})

const options = values.short ? shortForm : longForm()
const summary = await runChaos({ ...options, say: values.quiet ? undefined : say, signal: shutdownSignal() })
console.log(JSON.stringify(summary, null, 2))
process.exitCode = summary.ok ? 0 : 2

function longForm(): ChaosOptions {
  const seeds = values.seed.split(',').map(Number)
  if (!seeds.every(Number.isSafeInteger)) throw new Error('--seed must be a whole number, or several by commas')
  return {
    ...{ seeds, minutes: whole('minutes'), results: whole('results'), hostile: whole('hostile') },
    ...{ blockMs: whole('block-ms'), real: !values.tiny },
  }
}

function whole(name: 'minutes' | 'results' | 'hostile' | 'block-ms'): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number above zero`)
  return number
}

function say(line: string): void {
  console.error(line)
}
