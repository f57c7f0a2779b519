import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseClaimLine } from '../../cli/claim-line.ts'
import { linesOf } from '../../cli/lines.ts'
import { decodeTensors, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { runModel } from '../../replay/runtime/runtime.ts'
import { float32, of, perturbed, realModels } from '../replay/models.ts'

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gainsay-judge-'))
const modelPath = join(folder, 'ocr_cls.onnx')
const { model, inputs } = realModels.ocr_cls()
let honest: NamedTensors
let other: NamedTensors

beforeAll(async () => {
  writeFileSync(modelPath, model)
  honest = (await runModel({ model, inputs, runtime: 'native' })).outputs
  other = (await runModel({ model, inputs, runtime: 'wasm' })).outputs
})
afterAll(() => rmSync(folder, { recursive: true }))

const json = (tensors: NamedTensors) =>
  Object.fromEntries(
    [...tensors].map(([name, { dtype, dims, data }]) => [
      name,
      { type: dtype, dims, data: Buffer.from(data).toString('base64') },
    ]),
  )
const claim = (id: string | number, outputs: NamedTensors, given = inputs) =>
  JSON.stringify({ id, inputs: json(given), outputs: json(outputs) })

async function judge(lines: string[], ...flags: string[]) {
  // No network, no configuration: only what a stranger's shell has.
  const env = { PATH: process.env.PATH, NODE_ENV: 'production' } as NodeJS.ProcessEnv
  const child = spawn(process.execPath, [bin, 'judge', '--model', modelPath, ...flags], { env })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(lines.join('\n'))
  const [code] = await once(child, 'close')
  const rows = flags.includes('--json')
    ? out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : []
  return { code, out, err, rows }
}

describe('gainsay judge', () => {
  it('finds honest outputs of either runtime valid, in the order of the claims, and ends with 0', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => claim(i, i % 2 ? honest : other))
    const { code, rows } = await judge(lines, '--json')
    expect(rows.map(({ id, verdict }) => [id, verdict])).toEqual(lines.map((_, i) => [i, 'valid']))
    expect(rows[1]).toEqual({
      ...{ id: 1, verdict: 'valid', distance: 0, tolerance: 1e-4, output: null, reason: 'equal bit by bit' },
      ...{ runtimes: ['onnxruntime-node 1.30.0'], ms: expect.any(Number), step: 'bytes', evidence: null },
    })
    expect(rows[0]).toMatchObject({ step: 'distance', output: 'softmax_0.tmp_0' })
    expect(code).toBe(0)
  })

  it('finds a wrong output invalid with its evidence, and ends with 1 whatever else there is', async () => {
    const { code, rows } = await judge([claim('good', honest), claim('bad', perturbed(honest, 0.01)), '?'], '--json')
    expect(rows.map(({ verdict }) => verdict)).toEqual(['valid', 'invalid', 'undetermined'])
    expect(rows[1]).toMatchObject({
      ...{ id: 'bad', output: 'softmax_0.tmp_0', distance: expect.closeTo(0.0128, 3), tolerance: 1e-4, step: 'second' },
      runtimes: ['onnxruntime-node 1.30.0', 'onnxruntime-web 1.30.0 (wasm), fresh process'],
      evidence: { kind: 'logit', at: 0, envelope: expect.any(Number) },
    })
    expect(rows[2]).toMatchObject({ id: null, reason: 'line 3: the line is not JSON' })
    expect(code).toBe(1)
  })

  it('ends with 2 when some are undetermined and none is invalid', async () => {
    const without = new Map([['y', float32([1])]])
    const { code, rows } = await judge([claim(1, honest), claim(2, honest, without)], '--json')
    expect(rows[1]).toMatchObject({ verdict: 'undetermined', reason: expect.stringMatching(/input "x" is missing/) })
    expect(code).toBe(2)
  })

  it('asks for equal bits in the exact class: those of the WASM runtime', async () => {
    const flip = (at: number): NamedTensors => {
      const [[name, tensor] = []] = other
      const data = new Uint8Array((tensor as Tensor).data)
      data[at] = (data[at] as number) ^ 1
      return new Map([[name as string, { ...(tensor as Tensor), data }]])
    }
    const { code, rows } = await judge(
      [claim(1, other), claim(2, flip(0)), claim(3, flip(7))],
      '--json',
      '--precision',
      'exact',
    )
    expect(rows.map(({ verdict }) => verdict)).toEqual(['valid', 'invalid', 'invalid'])
    expect(rows[1]).toMatchObject({ tolerance: 0, evidence: { kind: 'bits', at: 0 } })
    expect(code).toBe(1)
  })

  it('shows people where the output differs and how, and nothing that moves their cursor', async () => {
    const evil = 'a\u001b[2J\u202eb'
    const { out, code } = await judge([claim(evil, perturbed(honest, 0.01))])
    expect(out).toMatch(/^INVALID/)
    expect(out).toMatch(/output {4}softmax_0.tmp_0, element 0/)
    expect(out).toMatch(/1e-3… +█+ +1/)
    expect(out).toContain('1 claims: 0 valid, 1 invalid, 0 undetermined')
    expect(/[\p{Cc}\p{Cf}]/u.test(out.replaceAll('\n', ''))).toBe(false)
    expect(code).toBe(1)
  })

  it.each<[string, string[], RegExp]>([
    ['no claims', [], /There are no claims/],
    ['a tolerance that is none', ['--tolerance', 'NaN'], /between 0 and 1/],
    ['a class that is none', ['--precision', 'fp16'], /Allowed choices are fp32, exact/],
    ['a model that is not there', ['--model', '/nowhere.onnx'], /cannot be read/],
  ])('refuses %s with 64', async (_, flags, message) => {
    const { code, err } = await judge([], ...flags)
    expect(err).toMatch(message)
    expect(code).toBe(64)
  })
})

describe('parseClaimLine', () => {
  it('gives back the tensors that were written, of any name', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 40 }), (name, bytes) => {
        const tensors = new Map([[name, of('uint8', [bytes.length], bytes)]])
        const { input, posted } = parseClaimLine(claim('x', tensors, tensors))
        expect(posted).toEqual(tensors)
        expect(decodeTensors(input)).toEqual(tensors)
      }),
    )
    const proto = new Map([['__proto__', of('uint8', [1], Uint8Array.of(7))]])
    const text = `{"id":1,"inputs":{},"outputs":{"__proto__":${JSON.stringify(json(proto))
      .replace(/^\{"[^"]*":/, '')
      .replace(/\}$/, '')}}}`
    expect([...parseClaimLine(text).posted.keys()]).toEqual(['__proto__'])
  })

  it.each<[string, unknown, RegExp]>([
    ['no object', 7, /expected object/i],
    ['no id', { inputs: {}, outputs: {} }, /^id: /],
    ['no outputs', { id: 1, inputs: {} }, /^outputs: /],
    [
      'an unknown type',
      { id: 1, inputs: { x: { type: 'string', dims: [], data: '' } }, outputs: {} },
      /^inputs.x: type: /,
    ],
    [
      'a negative size',
      { id: 1, inputs: { x: { type: 'bool', dims: [-1], data: '' } }, outputs: {} },
      /^inputs.x: dims/,
    ],
    ['too few bytes', { id: 1, inputs: { x: { type: 'int64', dims: [], data: 'AA==' } }, outputs: {} }, /takes 8/],
    ['no base64', { id: 1, inputs: { x: { type: 'bool', dims: [3], data: 'AAA?' } }, outputs: {} }, /not base64/],
  ])('refuses %s, saying where', (_, line, message) => {
    expect(() => parseClaimLine(JSON.stringify(line))).toThrow(message)
  })
})

describe('linesOf', () => {
  it('finds the lines however they are cut, and gives null for those too long', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 30 }).map((s) => s.replaceAll('\n', ' '))),
        fc.integer({ min: 1, max: 9 }),
        async (lines, cut) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
          const stream = (async function* () {
            for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut)
          })()
          const found: (string | null)[] = []
          for await (const line of linesOf(stream, 20)) found.push(line)
          expect(found).toEqual(lines.map((line) => (Buffer.byteLength(line) > 20 ? null : line)))
        },
      ),
    )
  })
})
