import { axisX, axisY, gridY, lineY, rectY, ruleY } from '@observablehq/plot'
import { draw } from './draw.ts'

const DAY_MS = 86_400_000
/** Colours of the lines of one chart, in order. */
const COLOURS = ['var(--open)', 'var(--warn)', 'var(--good)'] as const

/** What a chart over days shows of one stretch of days, both included; null where there is nothing to show. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly value: number | null
}

/** One line of a chart, by what it is called. */
export interface Line {
  readonly name: string
  readonly points: readonly Stretch[]
}

/**
 * How something went on from day to day: amounts as bars from zero, anything else as a line.
 *
 * @param format a value as the axis and the label say it
 */
export function daysChart(
  label: string,
  { name, points }: Line,
  { bars = false, format }: { bars?: boolean; format: (value: number) => string },
): string {
  return bars
    ? drawn(label, [{ name, points }], format, [
        rectY(boxes(points), { x1: 'x1', x2: 'x2', y: 'y', fill: COLOURS[0], insetLeft: 0.25, insetRight: 0.25 }),
      ])
    : linesChart(label, [{ name, points }], format)
}

/** Several of one scale beside each other. */
export function linesChart(label: string, lines: readonly Line[], format: (value: number) => string): string {
  return drawn(
    label,
    lines,
    format,
    lines.map(({ points }, i) =>
      lineY(
        points.map(({ from, to, value }) => ({ x: date((from + to + 1) / 2), y: value ?? Number.NaN })),
        {
          x: 'x',
          y: 'y',
          stroke: COLOURS[i % COLOURS.length],
          strokeWidth: 1.5,
          marker: points.length <= 62 ? 'dot' : 'none',
        },
      ),
    ),
  )
}

/** The colour of the so-manieth line, for a legend. */
export function colourOf(line: number): string {
  return COLOURS[line % COLOURS.length] as string
}

function drawn(
  label: string,
  lines: readonly Line[],
  format: (value: number) => string,
  marks: ReturnType<typeof lineY>[],
): string {
  const said = lines.map(({ name, points }) => `${name} ${summary(points, format)}`).join('; ')
  const days = lines[0]?.points ?? []
  const [first, last] = [days.at(0)?.from ?? 0, days.at(-1)?.to ?? 0]
  const most = Math.max(0, ...lines.flatMap(({ points }) => points.map(({ value }) => value ?? 0)))
  return draw(`${label}: ${said}. The table below has the numbers`, {
    ...{ width: 560, height: 150, marginLeft: 64, marginRight: 12, marginTop: 14, marginBottom: 28 },
    x: { type: 'utc', label: null, domain: [date(first), date(last + 1)] },
    y: { label: null, domain: [0, most > 0 ? most : 1], nice: true },
    marks: [
      axisX({
        ticks: 6,
        tickSize: 4,
        tickFormat: (at: Date) => at.toISOString().slice(last - first > 300 ? 0 : 5, last - first > 300 ? 7 : 10),
      }),
      axisY({ ticks: 4, tickSize: 0, tickFormat: format }),
      gridY({ ticks: 4, strokeOpacity: 0.15 }),
      ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
      ...marks,
    ],
  })
}

function boxes(points: readonly Stretch[]) {
  return points.flatMap(({ from, to, value }) =>
    value === null ? [] : [{ x1: date(from), x2: date(to + 1), y: value }],
  )
}

function summary(points: readonly Stretch[], format: (value: number) => string): string {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]))
  const last = values.at(-1)
  if (last === undefined) return 'has no value on these days'
  return `from ${format(Math.min(...values))} to ${format(Math.max(...values))}, at the end ${format(last)}`
}

function date(day: number): Date {
  return new Date(day * DAY_MS)
}
