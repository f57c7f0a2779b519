import { type AbiParameter, decodeAbiParameters } from 'viem'
import { PayloadError } from './types.ts'

const WORD = 32

/**
 * Decodes ABI-encoded values of whatever stranger, in time and memory in proportion to their length.
 *
 * An encoding may point to the same bytes many times: a megabyte of it can stand for gigabytes of text. What compilers and
 * nodes write never does, so that all that is pointed to fits into the encoding's own length; what does not fit is refused
 * before viem decodes it.
 *
 * @param what it is, for the message
 * @throws PayloadError
 */
export function decodeParameters(what: string, params: readonly AbiParameter[], bytes: Uint8Array): readonly unknown[] {
  try {
    checkSize(params, bytes)
    return decodeAbiParameters(params, bytes) as readonly unknown[]
  } catch (cause) {
    const [line] = cause instanceof Error ? cause.message.split('\n') : []
    throw new PayloadError(`the ${what} is not what an inference event carries (${line ?? 'it cannot be read'})`, {
      cause,
    })
  }
}

/** @throws RangeError when these values, each written once, take more than all there is, or are not in there */
function checkSize(params: readonly AbiParameter[], bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let left = bytes.length

  fields(params, 0)

  function take(at: number, size: number): void {
    left -= size
    if (left < 0 || at + size > bytes.length) throw new RangeError('it says that it is longer than it is')
  }

  /** A length or an offset. */
  function lengthAt(at: number): number {
    take(at, WORD)
    // What is larger than 32 bits leads out of the encoding anyway.
    for (let word = 0; word < 28; word += 4) if (view.getUint32(at + word) !== 0) return Number.MAX_SAFE_INTEGER
    return view.getUint32(at + 28)
  }

  /** Values one after the other; what is dynamic among them has its offset there, from where they begin. */
  function fields(types: readonly AbiParameter[], start: number): void {
    let at = start
    for (const type of types) {
      if (isDynamic(type)) dynamic(type, start + lengthAt(at))
      else take(at, headSize(type))
      at += headSize(type)
    }
  }

  function dynamic(type: AbiParameter, at: number): void {
    if (type.type === 'tuple') fields(componentsOf(type), at)
    else list(elementOf(type), lengthAt(at), at + WORD)
  }

  /** @param element undefined where they are bytes */
  function list(element: AbiParameter | undefined, length: number, start: number): void {
    if (!element) take(start, length)
    else if (!isDynamic(element)) take(start, length * headSize(element))
    else for (let i = 0; i < length; i++) dynamic(element, start + lengthAt(start + i * WORD))
  }
}

/** What a list of unknown length is a list of. None of another kind is in any of these events. */
function elementOf(it: AbiParameter): AbiParameter | undefined {
  return it.type.endsWith('[]') ? { ...it, type: it.type.slice(0, -2) } : undefined
}

function componentsOf(it: AbiParameter): readonly AbiParameter[] {
  return (it as { components?: readonly AbiParameter[] }).components ?? []
}

function isDynamic(it: AbiParameter): boolean {
  if (it.type === 'tuple') return componentsOf(it).some(isDynamic)
  return it.type === 'string' || it.type === 'bytes' || it.type.endsWith('[]')
}

/** Bytes among its neighbours. */
function headSize(it: AbiParameter): number {
  if (it.type !== 'tuple' || isDynamic(it)) return WORD
  return componentsOf(it).reduce((sum, one) => sum + headSize(one), 0)
}
