import { z } from 'zod'
import { type DType, dtypes, elementCount, encodeTensors, type NamedTensors, type Tensor } from '../protocol/tensor.ts'

/** One claim of `gainsay judge`: that a model gives these outputs on these inputs. */
export interface ClaimLine {
  id: string | number
  /** `encodeTensors` bytes */
  input: Uint8Array
  posted: NamedTensors
}

const tensor = z.object({
  type: z.enum(Object.keys(dtypes) as [DType, ...DType[]]),
  dims: z
    .array(
      z
        .number()
        .int()
        .min(0)
        .max(2 ** 32 - 1),
    )
    .max(16),
  data: z.string(),
})

const line = z.object({
  id: z.union([z.string(), z.number()]),
  inputs: z.looseObject({}),
  outputs: z.looseObject({}),
})

/**
 * Parses one line: `{"id", "inputs": {name: {"type", "dims", "data"}}, "outputs": {…}}`, data being base64 (RFC 4648 §4)
 * of the little-endian elements in row-major order.
 *
 * @throws Error with a sentence that says what is wrong with the line
 */
export function parseClaimLine(text: string): ClaimLine {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Error('the line is not JSON')
  }
  const parsed = line.safeParse(json)
  if (!parsed.success) throw new Error(problem(parsed.error))
  // From the JSON itself: zod leaves out a name like "__proto__", and then the claim would be another one.
  const { inputs, outputs } = json as { inputs: object; outputs: object }
  return {
    id: parsed.data.id,
    input: encodeTensors(tensorsOf('inputs', inputs)),
    posted: tensorsOf('outputs', outputs),
  }
}

function tensorsOf(what: string, given: object): NamedTensors {
  return new Map(Object.entries(given).map(([name, value]) => [name, tensorOf(`${what}.${name.slice(0, 80)}`, value)]))
}

function tensorOf(where: string, value: unknown): Tensor {
  const parsed = tensor.safeParse(value)
  if (!parsed.success) throw new Error(`${where}: ${problem(parsed.error)}`)
  const { type: dtype, dims, data: base64 } = parsed.data
  const data = Buffer.from(base64, 'base64')
  // Node skips what is no base64; a claim that was cut or mangled must not be judged as if it were whole.
  if (data.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
    throw new Error(`${where}.data: is not base64`)
  const bytes = elementCount(dims) * dtypes[dtype].bytes
  if (data.length !== bytes)
    throw new Error(`${where}.data: has ${data.length} bytes, but ${dtype}[${dims}] takes ${bytes}`)
  return { dtype, dims, data: new Uint8Array(data) }
}

function problem(error: z.ZodError): string {
  const [issue] = error.issues
  const path = issue?.path.join('.')
  return `${path ? `${path}: ` : ''}${issue?.message ?? 'is not what it must be'}`
}
