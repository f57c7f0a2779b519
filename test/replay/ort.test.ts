import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { loadOrt } from '../../replay/runtime/ort.ts'

test.runIf(process.platform === 'linux')('the native runtime is told to report nothing to its makers', async () => {
  delete process.env.ORT_DISABLE_TELEMETRY
  await loadOrt('native')
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1')
  // And it still goes by that name: a version that asks for another one must not pass unseen.
  const main = createRequire(import.meta.url).resolve('onnxruntime-node')
  const library = join(dirname(main), '../bin/napi-v6/linux', process.arch, 'libonnxruntime.so.1')
  expect(readFileSync(library).includes('ORT_DISABLE_TELEMETRY')).toBe(true)
})
