import { formatEther } from 'viem'
import { isoTime } from '../iso-time.ts'

/** Wei as ether for people: at most six significant digits, never in scientific notation. */
export function ether(wei: bigint): string {
  const [whole = '0', fraction = ''] = formatEther(wei < 0n ? -wei : wei).split('.')
  const sign = wei < 0n ? '−' : ''
  if (whole !== '0') {
    const kept = fraction.slice(0, Math.max(0, 6 - whole.length)).replace(/0+$/, '')
    return `${sign}${BigInt(whole).toLocaleString('en')}${kept ? `.${kept}` : ''}`
  }
  const zeros = fraction.length - fraction.replace(/^0+/, '').length
  if (fraction === '' || wei === 0n) return '0'
  // Below a gwei nothing is lost by naming the unit that the chain counts in.
  if (zeros >= 9) return `${sign}${(wei < 0n ? -wei : wei).toLocaleString('en')} wei`
  return `${sign}0.${fraction.slice(0, zeros + 4).replace(/0+$/, '')}`
}

/** The same with its unit. */
export function etherText(wei: bigint): string {
  const text = ether(wei)
  return text.endsWith('wei') ? text : `${text} ETH`
}

/** A whole number with separators. */
export function whole(value: number | bigint): string {
  return value.toLocaleString('en')
}

/** A measured number: four significant digits, in scientific notation where that is shorter. */
export function measured(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞'
  if (value === 0) return '0'
  const size = Math.abs(value)
  const text = size >= 1e6 || size < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)))
  return text.replace(/^-/, '−').replace(/e-/, 'e−').replace('e+', 'e')
}

/** A share in per cent. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–'
  return share > 0 && share < 0.001 ? '<0.1 %' : `${(100 * share).toFixed(share >= 0.1 ? 0 : 1)} %`
}

/** A length of time in seconds, for people: the two largest units. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds))
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const
  const first = units.findIndex(([size]) => total >= size)
  if (first === -1) return '0 s'
  const parts: string[] = []
  let rest = total
  for (const [size, name] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${name}`)
  }
  return parts.join(' ')
}

/** A second of the chain for people, in UTC; one that no calendar has, as a number that is cut in its middle. */
export function moment(seconds: bigint | string): string {
  const [day = '', time] = isoTime(seconds).split('T')
  if (time) return `${day} ${time.slice(0, 8)} UTC`
  return `second ${day.length > 16 ? `${day.slice(0, 8)}…${day.slice(-6)}` : day}`
}
