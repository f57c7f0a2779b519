import { featuresInput, soundInput, textLineInput } from '../../demo/inputs.ts'
import { type Random, randomFrom } from '../../demo/random.ts'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'

type Floats = Float32Array<ArrayBuffer>

/** The elements of a float32 tensor, as a copy. */
export function floats({ data }: Tensor): Floats {
  return new Float32Array(data.slice().buffer)
}

/** A float32 tensor of these values. */
export function float32(dims: number[], values: Float32Array): Tensor {
  return { dtype: 'float32', dims, data: new Uint8Array(values.slice().buffer) }
}

/** A line of text as the recogniser and the direction classifier take it. */
export const lineOfText = textLineInput

/** Layouts of `page` in which the detector finds text: on one where it finds none, all it says is zero. */
const layouts = [0, 1, 2, 3, 4, 5, 12, 13, 14, 16, 17, 18, 19, 20, 22, 25, 30, 31, 33, 34, 35, 37, 38, 39]

/**
 * A page for the text detector, 192 × 160: three lines of text, one beneath the other, and a blank margin. One of some
 * layouts in a light and with a noise of its own. Twice the contrast of a single line's picture, which is how the
 * detector's own preprocessing scales.
 */
export function page(random: Random): NamedTensors {
  const [width, height, lineHeight] = [192, 160, 48]
  const layout = randomFrom(`page/${layouts[random.below(layouts.length)]}`)
  const lines = [0, 1, 2].map(() => floats(theOnly(textLineInput(layout))))
  const margin = layout.between(0.5, 0.95)
  const values = new Float32Array(3 * height * width).fill(margin)
  for (let channel = 0; channel < 3; channel++)
    for (const [index, line] of lines.entries()) {
      const plane = line.subarray(channel * lineHeight * width, (channel + 1) * lineHeight * width)
      values.set(plane, (channel * height + 4 + index * (lineHeight + 4)) * width)
    }
  const [contrast, light] = [random.between(1.8, 2.2), random.between(-0.2, 0.2)]
  const lit = values.map((value) => contrast * value + light + 0.05 * random.normal())
  return new Map([['x', float32([1, 3, height, width], lit)]])
}

/** A frame of sound and the state of a Silero detector, version 5 or later, in the middle of listening. */
export const listening = (random: Random): NamedTensors => new Map([...soundInput(random), ['sr', rate()]])

/** 16 kHz, in Hz, as the detectors ask for it. */
const rate = (): Tensor => ({
  dtype: 'int64',
  dims: [],
  data: new Uint8Array(BigInt64Array.of(16_000n).buffer),
})

/** 96 ms of sound for Silero version 4, whose state is the two halves of an LSTM's. */
export function listeningLegacy(random: Random): NamedTensors {
  const sound = concatenated(random, 1536)
  const state = (scale: number) =>
    float32(
      [2, 1, 64],
      Float32Array.from({ length: 128 }, () => scale * Math.tanh(random.normal())),
    )
  return new Map([
    ['input', float32([1, 1536], sound)],
    ['sr', rate()],
    ['h', state(0.6)],
    ['c', state(1.5)],
  ])
}

/** A quarter of a second of sound in the scale of 16-bit samples, as the melspectrogram takes it. */
export function samples(random: Random): NamedTensors {
  const values = concatenated(random, 4000).map((value) => Math.round(value * 32_767))
  return new Map([['input', float32([1, values.length], values)]])
}

/** 76 frames of 32 mel bands: formants that wander over a floor that falls with frequency. */
export function melFrames(random: Random): NamedTensors {
  const [frames, bands] = [76, 32]
  const values = new Float32Array(frames * bands)
  const [floor, slope] = [random.between(-3, 0.5), random.between(0.5, 2.5)]
  let formants = [random.between(2, 10), random.between(8, 18), random.between(16, 28)]
  let loud = random.between(0, 4)
  for (let frame = 0; frame < frames; frame++) {
    formants = formants.map((at) => at + 0.5 * random.normal())
    loud = Math.max(0, 0.95 * loud + 0.5 * random.normal() + 0.08)
    for (let band = 0; band < bands; band++) {
      const peaks = formants.reduce((sum, at, index) => sum + Math.exp(-(((band - at) / (1.5 + index)) ** 2)), 0)
      values[frame * bands + band] = floor - (slope * band) / bands + loud * peaks + 0.25 * random.normal()
    }
  }
  return new Map([['input_1', float32([1, frames, bands, 1], values)]])
}

/** Two of sixteen voices, and how much of the second one makes a detector undecided between yes and no. */
export type Undecided = readonly (readonly [voice: number, other: number, mix: number])[]

/**
 * Speech features for a wake word detector: two voices mixed, and some noise. Near the mixes that leave the detector
 * undecided its logit goes evenly from −7 to 7. On a single voice it is sure, with 0.999 and more, whatever the scale
 * (it begins with a normalisation): a saturated output hides nearly everything, and two of them agree by luck.
 *
 * @param frames how many the detector takes, at most 25
 */
export function features(random: Random, frames: number, undecided: Undecided): NamedTensors {
  const [voice, other, middle] = undecided[random.below(undecided.length)] as Undecided[number]
  const features = (from: Random) => floats(theOnly(featuresInput(from)))
  const [a, b] = [features(randomFrom(`voice/${voice}`)), features(randomFrom(`voice/${other}`))]
  const mix = middle + random.between(-0.1, 0.1)
  const noise = features(random)
  const values = a.map((value, i) => (1 - mix) * value + mix * (b[i] as number) + 0.1 * (noise[i] as number))
  return new Map([['onnx::Flatten_0', float32([1, frames, 96], values.subarray(0, frames * 96))]])
}

function concatenated(random: Random, length: number): Float32Array {
  const values = new Float32Array(length)
  for (let at = 0; at < length; at += 576) {
    const piece = floats(soundInput(random).get('input') as Tensor)
    values.set(piece.subarray(0, Math.min(576, length - at)), at)
  }
  return values
}

function theOnly(tensors: NamedTensors): Tensor {
  const [tensor] = tensors.values()
  if (!tensor) throw new Error('no tensor')
  return tensor
}
