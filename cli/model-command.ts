import { writeFileSync } from 'node:fs'
import { inlineModel } from '../protocol/inline.ts'
import { decodeOnnx } from '../protocol/onnx.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import { largestDot } from '../protocol/proof/largest-dot.ts'
import { proofGas } from '../protocol/proof/proof-gas.ts'
import { dtypeOf, tensorFrom } from '../protocol/stored-tensor.ts'
import { elementCount, type Tensor } from '../protocol/tensor.ts'
import { exitCodes, UserError } from './exit.ts'
import { ofModel, readModel } from './read-model.ts'

/**
 * `gainsay model inline`: writes an equivalent model without the Ifs whose conditions are known.
 *
 * @param options.set inputs to fix, each as `name=value`; several values are separated by commas
 * @throws UserError (64) when a file cannot be read or written, or a value does not fit
 */
export function runModelInline(path: string, options: { output: string; set?: string[] }): void {
  const bytes = readModel(path)
  const inlined = ofModel(path, () => inlineModel(bytes, new Map((options.set ?? []).map((one) => fixed(bytes, one)))))
  try {
    writeFileSync(options.output, inlined)
  } catch (error) {
    throw new UserError(`${options.output} cannot be written: ${(error as Error).message}.`, exitCodes.usage)
  }
}

/**
 * `gainsay model inspect`: prints a model's operators, its graph root and what of it the contract can check.
 *
 * @throws UserError (64) when the file cannot be read or is no model
 */
export function runModelInspect(
  path: string,
  options: { json?: boolean },
  write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): void {
  const bytes = readModel(path)
  const graph = ofModel(path, () => committedModel(bytes).graph)
  const { root, operators, inputs, outputs, entries, problems } = graph
  const longest = largestDot(graph)
  const gas = longest > 0 ? proofGas(longest) : null
  const types = new Map<string, { all: number; provable: number }>()
  for (const { type, problem } of [...operators].sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0))) {
    const { all, provable } = types.get(type) ?? { all: 0, provable: 0 }
    types.set(type, { all: all + 1, provable: provable + (problem === undefined ? 1 : 0) })
  }
  if (options.json) {
    const rows = operators.map(({ type, name, problem }) => ({ type, name, problem: problem ?? null }))
    const about = { graphRoot: root, provable: problems.length === 0, problems, entries, longest, gas }
    write(JSON.stringify({ ...about, types: Object.fromEntries(types), operators: rows }))
    return
  }
  write(`graph root   ${root}`)
  write(`inputs       ${inputs.map(({ name, dtype }) => `${name} (${dtype ?? 'not supported'})`).join(', ')}`)
  write(`outputs      ${outputs.map(({ name }) => name).join(', ')}`)
  write(`trace        ${entries} tensors of ${operators.length} operators`)
  if (gas === null) write('longest dot  no sum of products with constant weights')
  else write(`longest dot  ${longest} terms with constant weights; proving one wrong takes about ${round(gas)} gas`)
  write('operators    that the contract can check, by type')
  for (const [type, { all, provable }] of types) write(`  ${type.padEnd(24)} ${String(provable).padStart(5)} of ${all}`)
  if (problems.length === 0) write('The contract can check every operator.')
  else write(`The contract cannot check all of it:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
}

/** Two digits: the formula behind it knows no more. */
function round(gas: number): string {
  return Number(gas.toPrecision(2)).toLocaleString('en')
}

/** `sr=16000` as the tensor that the model declares its input to be. */
function fixed(bytes: Uint8Array, text: string): [string, Tensor] {
  const at = text.lastIndexOf('=')
  const name = text.slice(0, at)
  const type = decodeOnnx(bytes).graph.input.find((input) => input.name === name)?.type?.value
  if (at < 1 || type?.case !== 'tensorType')
    throw new UserError(
      `--set takes name=value for an input of the model; ${JSON.stringify(text)} is none.`,
      exitCodes.usage,
    )
  const dtype = dtypeOf(type.value.elemType)
  const numbers = text.slice(at + 1).split(',')
  const dims = (type.value.shape?.dim ?? []).map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : -1))
  // The one dimension that the model leaves open is as long as there are values.
  const open = dims.indexOf(-1)
  if (open >= 0) dims[open] = numbers.length / elementCount(dims.filter((dim) => dim !== -1))
  const whole = dtype !== 'float32' && dtype !== 'float64'
  if (
    !dtype ||
    dtype === 'float16' ||
    elementCount(dims) !== numbers.length ||
    dims.some((dim) => !Number.isInteger(dim))
  )
    throw new UserError(
      `The input ${name} is ${dtype ?? 'of a type'} [${dims}]: ${numbers.length} values do not fit.`,
      exitCodes.usage,
    )
  if (!numbers.every((number) => (whole ? /^-?\d+$/ : /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i).test(number)))
    throw new UserError(
      `The input ${name} takes ${dtype}; ${JSON.stringify(text.slice(at + 1))} is none.`,
      exitCodes.usage,
    )
  return [
    name,
    tensorFrom(
      dtype,
      dims,
      numbers.map((number) => (whole ? BigInt(number) : Number(number))),
    ),
  ]
}
