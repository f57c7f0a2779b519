import { parseArgs } from 'node:util'
import { runChaos } from './run.ts'

// `npm run chaos -- --seed N [--minutes 30]`: the long form. Prints what happens to stderr and a JSON summary to stdout.

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '30' },
    results: { type: 'string', default: '60' },
    hostile: { type: 'string', default: '40' },
    'block-ms': { type: 'string', default: '1500' },
    tiny: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
})

const whole = (name: 'minutes' | 'results' | 'hostile' | 'block-ms') => {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number above zero`)
  return number
}
const seeds = values.seed.split(',').map(Number)
if (!seeds.every(Number.isSafeInteger)) throw new Error('--seed must be a whole number, or several by commas')

const summary = await runChaos({
  ...{
    seeds,
    minutes: whole('minutes'),
    results: whole('results'),
    hostile: whole('hostile'),
    blockMs: whole('block-ms'),
  },
  real: !values.tiny,
  say: values.quiet ? () => {} : (line) => console.error(line),
})
console.log(JSON.stringify(summary, null, 2))
process.exitCode = summary.ok ? 0 : 2
