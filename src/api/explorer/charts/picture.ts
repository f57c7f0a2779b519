import { encode } from 'fast-png'
import type { Elements } from '../../../../verdict/elements.ts'

/** Most pixels of a picture: with three channels 36 KB before compression, which noise does not yield to. */
const MOST_PIXELS = 12_288

/** How a tensor's dimensions read as a picture. */
export interface PictureShape {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3 | 4
  /** channels before rows, as most models have them */
  readonly channelsFirst: boolean
}

/**
 * Whether a shape says "picture": two dimensions of at least 8 and at most 2,048, with 1, 3 or 4 channels before or after
 * them, of the first of a batch of one. Undefined otherwise.
 */
export function pictureShape(dims: readonly number[]): PictureShape | undefined {
  const inner = dims.length === 4 && dims[0] === 1 ? dims.slice(1) : dims
  const fits = (size: number | undefined) => size !== undefined && size >= 8 && size <= 2048
  const channelsOf = (size: number | undefined) => ([1, 3, 4] as const).find((channels) => channels === size)
  if (inner.length === 2 && dims.length === 2) {
    const [height, width] = inner as [number, number]
    return fits(height) && fits(width) ? { width, height, channels: 1, channelsFirst: true } : undefined
  }
  if (inner.length !== 3) return undefined
  const [a, b, c] = inner as [number, number, number]
  const before = channelsOf(a)
  if (before && fits(b) && fits(c)) return { width: c, height: b, channels: before, channelsFirst: true }
  const after = channelsOf(c)
  if (after && fits(a) && fits(b)) return { width: b, height: a, channels: after, channelsFirst: false }
  return undefined
}

/** A tensor as a PNG in a `data:` address, made smaller where it is large. What is not finite is drawn as the least value. */
export function picture(elements: Elements, { width, height, channels, channelsFirst }: PictureShape) {
  const step = Math.max(1, Math.ceil(Math.sqrt((width * height) / MOST_PIXELS)))
  const [columns, rows] = [Math.floor(width / step), Math.floor(height / step)]
  const scale = scaleOf(elements)
  const data = new Uint8Array(columns * rows * channels)
  let to = 0
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let channel = 0; channel < channels; channel++) {
        const pixel = row * step * width + column * step
        const index = channelsFirst ? channel * width * height + pixel : pixel * channels + channel
        data[to++] = scale(elements.number(index))
      }
  const png = encode({ width: columns, height: rows, data, channels })
  return {
    src: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
    ...{ width: columns, height: rows, step },
  }
}

/** From a value to a brightness: as the range of all values suggests that they were made. */
function scaleOf(elements: Elements): (value: number) => number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < elements.length; i++) {
    const value = elements.number(i)
    if (!Number.isFinite(value)) continue
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  const [from, to] =
    least >= 0 && most <= 1 && elements.isFloat
      ? [0, 1]
      : least >= -1 && most <= 1 && elements.isFloat
        ? [-1, 1]
        : least >= 0 && most <= 255 && most > 1
          ? [0, 255]
          : [least, most]
  const factor = to > from ? 255 / (to - from) : 0
  return (value) => (Number.isFinite(value) ? Math.round(Math.min(255, Math.max(0, (value - from) * factor))) : 0)
}
