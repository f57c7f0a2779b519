import type { NamedTensors, Tensor } from '../protocol/tensor.ts'
import type { Random } from './random.ts'

/**
 * A picture of a line of text, 192 × 48, as the OCR direction classifier takes it: channels first, values in -1…1. Paper
 * with uneven light, dark strokes in the rhythm of letters, half of the time upside down.
 */
export function textLineInput(random: Random): NamedTensors {
  const [height, width] = [48, 192]
  const ink = new Float32Array(height * width)
  const slant = random.between(-0.3, 0.3)
  const [top, bottom] = [random.between(6, 14), random.between(34, 42)]
  for (let x = random.between(2, 12); x < width - 8; x += random.between(4, 11)) {
    // One letter: an upright stroke that may rise above or hang below the others, and perhaps a bar.
    const from = random.next() < 0.3 ? top - 5 : top
    const to = random.next() < 0.15 ? bottom + 5 : bottom
    stroke(ink, width, x, from, to, slant, random.between(1, 2.6))
    if (random.next() < 0.6) bar(ink, width, x, random.between(from, to), random.between(3, 9))
  }
  const upsideDown = random.next() < 0.5
  const [paper, dark] = [random.between(0.55, 0.98), random.between(-0.95, -0.2)]
  const [acrossLight, downLight] = [random.between(-0.3, 0.3), random.between(-0.2, 0.2)]
  const tint = [random.between(-0.08, 0.08), random.between(-0.08, 0.08), random.between(-0.08, 0.08)]
  const values = new Float32Array(3 * height * width)
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const inked = ink[upsideDown ? (height - 1 - y) * width + (width - 1 - x) : y * width + x] as number
        const light = paper + (acrossLight * x) / width + (downLight * y) / height + (tint[channel] as number)
        const value = light * (1 - inked) + dark * inked + 0.03 * random.normal()
        values[(channel * height + y) * width + x] = Math.max(-1, Math.min(1, value))
      }
    }
  }
  return new Map([['x', float32([1, 3, height, width], values)]])
}

/**
 * 36 ms of sound at 16 kHz with the recurrent state of a voice detector in the middle of listening: a voice-like tone
 * with overtones over noise, or noise alone.
 */
export function soundInput(random: Random): NamedTensors {
  const length = 576
  const voiced = random.next() < 0.7
  const [pitch, loudness, hiss] = [random.between(85, 260), random.between(0.05, 0.5), random.between(0.001, 0.03)]
  const formant = random.between(400, 1400)
  const phases = Array.from({ length: 12 }, () => random.between(0, 2 * Math.PI))
  const glide = random.between(-0.2, 0.2)
  const samples = new Float32Array(length)
  for (let i = 0; i < length; i++) {
    const seconds = i / 16_000
    let value = 0
    for (const [index, phase] of phases.entries()) {
      const frequency = pitch * (index + 1)
      const gain = Math.exp(-(((frequency - formant) / 500) ** 2)) + 0.6 / (index + 1)
      value += gain * Math.sin(2 * Math.PI * frequency * seconds * (1 + glide * seconds) + phase)
    }
    samples[i] = Math.max(-1, Math.min(1, (voiced ? (loudness * value) / 3 : 0) + hiss * random.normal()))
  }
  const state = Float32Array.from({ length: 2 * 128 }, () => 0.6 * Math.tanh(random.normal()))
  return new Map([
    ['input', float32([1, length], samples)],
    ['state', float32([2, 1, 128], state)],
  ])
}

/**
 * Two seconds of speech features as a wake word detector takes them: 25 frames of 96 numbers that drift slowly from one
 * frame to the next.
 */
export function featuresInput(random: Random): NamedTensors {
  const [frames, size] = [25, 96]
  const values = new Float32Array(frames * size)
  const centre = Array.from({ length: size }, () => 4 * random.normal())
  const spread = random.between(3, 12)
  const kept = random.between(0.6, 0.95)
  let frame = centre.map(() => spread * random.normal())
  for (let i = 0; i < frames; i++) {
    frame = frame.map((value) => kept * value + Math.sqrt(1 - kept * kept) * spread * random.normal())
    for (let j = 0; j < size; j++) values[i * size + j] = (centre[j] as number) + (frame[j] as number)
  }
  return new Map([['onnx::Flatten_0', float32([1, frames, size], values)]])
}

function float32(dims: number[], values: Float32Array): Tensor {
  return { dtype: 'float32', dims, data: new Uint8Array(values.buffer) }
}

function stroke(ink: Float32Array, width: number, x: number, from: number, to: number, slant: number, thick: number) {
  for (let y = Math.max(0, Math.floor(from)); y < Math.min(48, to); y++) {
    const middle = x + slant * (24 - y)
    for (let at = Math.floor(middle - thick); at <= Math.ceil(middle + thick); at++) {
      if (at < 0 || at >= width) continue
      const covered = Math.max(0, Math.min(1, thick - Math.abs(at - middle) + 0.5))
      ink[y * width + at] = Math.max(ink[y * width + at] as number, covered)
    }
  }
}

function bar(ink: Float32Array, width: number, x: number, y: number, length: number) {
  for (let row = Math.max(0, Math.floor(y)); row < Math.min(48, Math.floor(y) + 2); row++)
    for (let at = Math.floor(x); at < Math.min(width, x + length); at++) ink[row * width + at] = 0.9
}
