import { describe, expect, it } from 'vitest'
import type { Tensor } from '../../protocol/tensor.ts'
import { checkModel } from '../../replay/check/check.ts'
import { runModel } from '../../replay/runtime/runtime.ts'
import { elementsOf } from '../../verdict/elements.ts'
import { backendCases, backendData } from './backend.ts'

const root = backendData()

/** Where ONNX Runtime is known to differ from the reference implementation of this release of ONNX. */
const different = new Set([
  'node/test_maxunpool_export_with_output_shape',
  'node/test_resize_downsample_scales_cubic_align_corners',
  'node/test_resize_downsample_scales_linear_align_corners',
])

// apt-get install libonnx-testdata: no npm package has these data.
describe.skipIf(root === undefined)('the ONNX backend test data', () => {
  it('come out as the reference says in both runtimes, wherever they are allowed and supported', async () => {
    let ran = 0
    const differing = new Set<string>()
    for (const { name, model, inputs, expected } of backendCases(root as string)) {
      if (throws(() => checkModel(model))) continue
      for (const runtime of ['native', 'wasm'] as const) {
        const result = await runModel({ model, inputs, runtime }).catch(() => undefined)
        if (!result) continue
        ran++
        for (const [output, tensor] of expected) {
          if (!(distance(result.outputs.get(output), tensor) <= 1e-4)) differing.add(name)
        }
      }
    }
    expect(ran).toBeGreaterThan(1500)
    expect([...differing].filter((name) => !different.has(name))).toEqual([])
  })
})

/** max|Δ| / max(1, max|reference|), of any type; infinity when type or shape differ. NaN agrees with NaN. */
function distance(given: Tensor | undefined, reference: Tensor): number {
  if (given?.dtype !== reference.dtype || given.dims.join() !== reference.dims.join()) return Number.POSITIVE_INFINITY
  const [a, b] = [elementsOf(given), elementsOf(reference)]
  let [difference, scale] = [0, 1]
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a.number(i), b.number(i)]
    if (Object.is(x, y)) continue
    if (!Number.isFinite(x - y)) return Number.POSITIVE_INFINITY
    difference = Math.max(difference, Math.abs(x - y))
    scale = Math.max(scale, Math.abs(y))
  }
  return difference / scale
}

function throws(act: () => void): boolean {
  try {
    act()
    return false
  } catch {
    return true
  }
}
