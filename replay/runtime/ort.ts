import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** `native`: onnxruntime-node. `wasm`: onnxruntime-web, the canonical runtime of the `exact` class. */
export type RuntimeKind = 'native' | 'wasm'

/** What the two runtimes have in common. */
export type Ort = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor' | 'env'>

/** sha256 of the `.wasm` file of onnxruntime-web 1.30.0: "equal bits" means equal to what this file computes. */
const WASM_SHA256 = '3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2'

const loaded: { [Kind in RuntimeKind]?: Promise<Ort> } = {}

/**
 * Loads a runtime, once a process.
 *
 * @throws Error when the WASM file is not the pinned one
 */
export function loadOrt(kind: RuntimeKind): Promise<Ort> {
  loaded[kind] ??= kind === 'native' ? loadNative() : loadWasm()
  return loaded[kind]
}

/**
 * By `require`: the package is CommonJS, and its names are lost on loaders that cannot see through its re-exports. Its
 * library reports to its makers when it is loaded, unless it is told not to: nobody else need know what a watcher runs.
 */
async function loadNative(): Promise<Ort> {
  process.env.ORT_DISABLE_TELEMETRY = '1'
  return createRequire(import.meta.url)('onnxruntime-node')
}

async function loadWasm(): Promise<Ort> {
  const require = createRequire(import.meta.url)
  const binary = await readFile(join(dirname(require.resolve('onnxruntime-web')), 'ort-wasm-simd-threaded.wasm'))
  const hash = createHash('sha256').update(binary).digest('hex')
  if (hash !== WASM_SHA256)
    throw new Error(`onnxruntime-web holds another .wasm file (sha256 ${hash}) than the pinned one: run npm ci`)
  const ort: typeof import('onnxruntime-web') = require('onnxruntime-web')
  ort.env.wasm.wasmBinary = binary
  ort.env.wasm.numThreads = 1
  ort.env.wasm.proxy = false
  return ort
}
