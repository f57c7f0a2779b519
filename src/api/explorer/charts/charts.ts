import { axisX, axisY, barX, barY, dot, gridY, lineY, link, rect, ruleX, ruleY, text } from '@observablehq/plot'
import type { Status } from '../../../../protocol/status.ts'
import { measured, percent } from '../amounts.ts'
import { draw } from './draw.ts'

/** Points that one line is drawn with: what is longer is drawn by the least and the greatest of each stretch. */
const POINTS = 512
/** Up to so many elements each has a mark of its own. */
const SINGLE = 64

const size = { width: 560, height: 170, marginLeft: 52, marginRight: 12, marginTop: 14, marginBottom: 30 }

/** The elements of one vector. @param start index of the first */
export function vectorChart(name: string, values: readonly number[], start = 0): string {
  const finite = points(values, start).filter(({ y }) => Number.isFinite(y))
  const label = `Elements of ${name}: ${values.length} numbers${rangeOf(values)}`
  // Prices are: bars from zero would all be of one height.
  const isFarFromZero = isAlike(finite.map(({ y }) => y))
  const isBars = values.length <= SINGLE && !isFarFromZero
  return draw(label, {
    ...size,
    height: 120,
    x: { label: null },
    y: { label: null, nice: true, ticks: 4 },
    marks: [
      ...axes(isBars ? someOf(finite.map(({ x }) => x)) : undefined),
      ...(isFarFromZero ? [] : [ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 })]),
      isBars
        ? barY(finite, { x: 'x', y: 'y', fill: 'var(--open)', insetLeft: 1, insetRight: 1 })
        : lineY(finite, { x: 'x', y: 'y', stroke: 'var(--open)', strokeWidth: 1.2 }),
    ],
  })
}

/** What was posted against what the replay gave. @param worst index of the element that differs most, if it is among them */
export function againstChart(
  name: string,
  posted: readonly number[],
  replayed: readonly number[],
  start: number,
  worst: number | null,
): string {
  const [a, b] = [points(posted, start), points(replayed, start)].map((side) =>
    side.filter(({ y }) => Number.isFinite(y)),
  )
  const at = worst === null ? -1 : worst - start
  const [p, r] = [posted[at], replayed[at]]
  const worstPoint = p !== undefined && r !== undefined && Number.isFinite(p) ? [{ x: start + at, y: p }] : []
  const label = `Posted against replayed elements of ${name}.${
    p !== undefined && r !== undefined ? ` At ${start + at}: posted ${measured(p)}, replayed ${measured(r)}.` : ''
  }`
  const few = posted.length <= SINGLE
  const pairs = few
    ? posted.flatMap((y1, i) => {
        const y2 = replayed[i]
        return y2 !== undefined && Number.isFinite(y1) && Number.isFinite(y2) ? [{ x: start + i, y1, y2 }] : []
      })
    : []
  return draw(label, {
    ...size,
    height: 190,
    x: { label: null, ...(few && { ticks: Math.min(posted.length, 16), padding: 0.5, inset: 18 }) },
    y: { label: null, nice: true, ticks: 5 },
    marks: [
      ...axes(),
      link(pairs, { x1: 'x', x2: 'x', y1: 'y1', y2: 'y2', stroke: 'var(--bad)', strokeWidth: 2, strokeOpacity: 0.45 }),
      ...(few
        ? [
            dot(b, { x: 'x', y: 'y', r: 5, stroke: 'var(--good)', strokeWidth: 2 }),
            dot(a, { x: 'x', y: 'y', r: 3.5, fill: 'var(--bad)' }),
          ]
        : [
            lineY(b, { x: 'x', y: 'y', stroke: 'var(--good)', strokeWidth: 1.4 }),
            lineY(a, { x: 'x', y: 'y', stroke: 'var(--bad)', strokeWidth: 1.2, strokeDasharray: '3,2' }),
          ]),
      dot(worstPoint, { x: 'x', y: 'y', r: 9, stroke: 'var(--bad)', strokeWidth: 2 }),
    ],
  })
}

/** A deviation on a logarithmic ruler, with what is tolerated. None is below zero; 0 is drawn at the left end. */
export function deviationChart({
  distance,
  tolerance,
  envelope,
}: {
  distance: number
  tolerance: number
  envelope: number | null
}): string {
  const marks = [distance, tolerance, envelope ?? 0].filter((value) => value > 0 && Number.isFinite(value))
  const low = 10 ** Math.floor(Math.log10(Math.min(...marks, 1e-7)) - 0.2)
  const high = 10 ** Math.ceil(Math.log10(Math.max(...marks, 1e-3)) + 0.4)
  const at = Math.min(high, Math.max(low, Number.isNaN(distance) ? high : distance))
  const within = distance <= tolerance
  const label = `Deviation ${measured(distance)} ${within ? 'within' : 'beyond'} the tolerance ${measured(tolerance)}, on a logarithmic scale${
    envelope === null ? '' : `; honest set-ups lay ${measured(envelope)} apart`
  }`
  return draw(label, {
    ...size,
    height: 92,
    marginLeft: 16,
    marginTop: 30,
    x: { type: 'log', domain: [low, high], label: null },
    y: { axis: null, domain: [0, 1] },
    marks: [
      axisX({ tickFormat: (value: number) => power(value), ticks: 8, tickSize: 4 }),
      rect([{ x1: low, x2: Math.max(tolerance, low) }], {
        x1: 'x1',
        x2: 'x2',
        y1: 0,
        y2: 1,
        fill: 'var(--good)',
        fillOpacity: 0.16,
      }),
      rect([{ x1: Math.max(tolerance, low), x2: high }], {
        x1: 'x1',
        x2: 'x2',
        y1: 0,
        y2: 1,
        fill: 'var(--bad)',
        fillOpacity: 0.08,
      }),
      ...(tolerance > 0 ? [ruleX([tolerance], { stroke: 'currentColor', strokeWidth: 1.5 })] : []),
      ...(envelope ? [ruleX([envelope], { stroke: 'currentColor', strokeDasharray: '3,3' })] : []),
      ...(tolerance > 0
        ? [
            text([`tolerance ${measured(tolerance)}`], {
              x: [tolerance],
              y: [1],
              dy: -8,
              textAnchor: anchor(tolerance, low, high),
            }),
          ]
        : []),
      dot([at], { x: (value: number) => value, y: () => 0.5, r: 7, fill: within ? 'var(--good)' : 'var(--bad)' }),
      text([`deviation ${measured(distance)}`], {
        x: [at],
        y: [1],
        dy: tolerance > 0 && Math.abs(Math.log10(at / tolerance)) < 3.5 ? -20 : -8,
        textAnchor: anchor(at, low, high),
        fontWeight: 'bold',
      }),
    ],
  })
}

/** Shares of the largest holders, each by what it is called. */
export function sharesChart(label: string, shares: readonly { name: string; share: number }[]): string {
  const said = shares.slice(0, 3).map(({ name, share }) => `${name} ${percent(share)}`)
  return draw(`${label}: ${said.join(', ')}`, {
    ...size,
    height: 24 + 22 * shares.length,
    marginLeft: 120,
    marginRight: 60,
    marginBottom: 8,
    marginTop: 4,
    x: { axis: null, domain: [0, Math.max(0.01, ...shares.map(({ share }) => share))] },
    y: { label: null, domain: shares.map(({ name }) => name), tickSize: 0 },
    marks: [
      barX(shares, { x: 'share', y: 'name', fill: 'var(--open)', insetTop: 3, insetBottom: 3 }),
      text(shares, {
        x: 'share',
        y: 'name',
        text: ({ share }: { share: number }) => percent(share),
        dx: 6,
        textAnchor: 'start',
      }),
    ],
  })
}

export const STATUS_COLOURS: Readonly<Record<Status, string>> = {
  none: 'var(--soft)',
  requested: 'var(--soft)',
  posted: 'var(--open)',
  challenged: 'var(--warn)',
  revealed: 'var(--warn)',
  rejected: 'var(--bad)',
  finalized: 'var(--good)',
  expired: 'var(--soft)',
  recorded: 'var(--soft)',
}

/** When the latest results were posted, by what has become of them. @param times in seconds */
export function latestChart(results: readonly { time: number; status: Status }[], bins = 40): string {
  const times = results.map(({ time }) => time)
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const width = Math.max(1, Math.ceil((last - first + 1) / bins))
  const counts = new Map<string, { x1: Date; x2: Date; status: Status; n: number }>()
  for (const { time, status } of results) {
    const from = first + Math.floor((time - first) / width) * width
    const key = `${from} ${status}`
    const bin = counts.get(key) ?? { x1: new Date(from * 1000), x2: new Date((from + width) * 1000), status, n: 0 }
    bin.n++
    counts.set(key, bin)
  }
  const order: Status[] = ['recorded', 'finalized', 'posted', 'revealed', 'challenged', 'rejected']
  // Stacked by hand: Plot stacks what is binned by itself, and these bins are in chain seconds.
  const heights = new Map<number, number>()
  const boxes = [...counts.values()]
    .sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    .map((bin) => {
      const y1 = heights.get(Number(bin.x1)) ?? 0
      heights.set(Number(bin.x1), y1 + bin.n)
      return { ...bin, y1, y2: y1 + bin.n }
    })
  return draw(`The latest ${results.length} results by when they were posted; the table below has them one by one`, {
    ...size,
    height: 150,
    marginLeft: 36,
    x: { type: 'utc', label: null },
    y: { label: null, nice: true, ticks: 4 },
    marks: [
      axisX({ ticks: 5, tickSize: 4, tickFormat: (date: Date) => clock(date, last - first) }),
      axisY({ ticks: 4, tickSize: 0 }),
      gridY({ ticks: 4, strokeOpacity: 0.15 }),
      rect(boxes, {
        ...{ x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', insetLeft: 0.5, insetRight: 0.5 },
        fill: ({ status }: { status: Status }) => STATUS_COLOURS[status],
      }),
    ],
    color: { type: 'identity' },
  })
}

/** A moment in UTC, as exact as a span of so many seconds asks for. */
function clock(date: Date, span: number): string {
  const iso = date.toISOString()
  return span < 600 ? iso.slice(11, 19) : span < 172_800 ? iso.slice(11, 16) : iso.slice(5, 10)
}

/** Whether numbers differ by little beside how large they are. */
function isAlike(values: readonly number[]): boolean {
  if (values.length < 3) return false
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return most > least && most - least < 0.2 * Math.min(Math.abs(least), Math.abs(most))
}

/** Which bars have their number below them: all, or one of several. */
function someOf(all: readonly number[]): number[] {
  const step = all.length <= 16 ? 1 : Math.ceil(all.length / 8)
  return all.filter((_, i) => i % step === 0)
}

/** @param ticks where on the horizontal axis, for bars, which would have one each */
function axes(ticks: number | number[] = 8) {
  return [
    axisX({ tickSize: 4, ticks, tickFormat: (index: number) => (Number.isInteger(index) ? String(index) : '') }),
    axisY({ tickSize: 0, ticks: 5, tickFormat: measured }),
    gridY({ strokeOpacity: 0.15, ticks: 5 }),
  ]
}

/** As many points as are drawn: all, or the least and the greatest of each stretch. */
function points(values: readonly number[], start: number): { x: number; y: number }[] {
  if (values.length <= POINTS) return values.map((y, i) => ({ x: start + i, y }))
  const stretch = Math.ceil((2 * values.length) / POINTS)
  const chosen: { x: number; y: number }[] = []
  for (let from = 0; from < values.length; from += stretch) {
    let [least, most] = [from, from]
    for (let i = from; i < Math.min(values.length, from + stretch); i++) {
      if ((values[i] as number) < (values[least] as number)) least = i
      if ((values[i] as number) > (values[most] as number)) most = i
    }
    for (const i of [...new Set([Math.min(least, most), Math.max(least, most)])])
      chosen.push({ x: start + i, y: values[i] as number })
  }
  return chosen
}

function rangeOf(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return ''
  let [least, most] = [finite[0] as number, finite[0] as number]
  for (const value of finite) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return ` from ${measured(least)} to ${measured(most)}`
}

function power(value: number): string {
  const exponent = Math.round(Math.log10(value))
  if (exponent >= -2 && exponent <= 3) return String(Number(value.toPrecision(1)))
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] as string)
  return `10${exponent < 0 ? '⁻' : ''}${digits}`
}

/** Text at the ends of a ruler must not leave it. */
function anchor(value: number, low: number, high: number): 'start' | 'middle' | 'end' {
  const place = Math.log(value / low) / Math.log(high / low)
  return place < 0.15 ? 'start' : place > 0.85 ? 'end' : 'middle'
}
