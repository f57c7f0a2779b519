/** Bytes between two intermediate states: as long as a tensor's chunk, so that a step and a chunk are shown alike. */
export const STEP_BYTES = 256

const BLOCK_BYTES = 64

/**
 * The padded message: what SHA-256 compresses block after block.
 *
 * @see https://nvlpubs.nist.gov/nistpubs/FIPS/NIST.FIPS.180-4.pdf §5.1.1
 */
export function sha256Padded(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n)
  return padded
}

/**
 * SHA-256 with its intermediate states: the state after each 256 bytes of the padded message, so the last one is the
 * digest. Whoever has committed to the states can prove a wrong digest by one step, whatever the message's length:
 * `state[i] = sha256Compress(state[i - 1], 256 bytes)` either holds or does not.
 *
 * @returns one state of 32 bytes (big-endian words, as in a digest) a step; the last step may have fewer than four blocks
 * @see https://nvlpubs.nist.gov/nistpubs/FIPS/NIST.FIPS.180-4.pdf §6.2
 */
export function sha256States(bytes: Uint8Array): Uint8Array[] {
  const padded = sha256Padded(bytes)
  const state = words(sha256Start())
  const states: Uint8Array[] = []
  for (let at = 0; at < padded.length; at += STEP_BYTES) {
    const step = padded.subarray(at, at + STEP_BYTES)
    compressInto(state, step)
    states.push(bytesOf(state))
  }
  return states
}

/**
 * The state after some blocks.
 *
 * @param state 32 bytes, big-endian words
 * @param blocks any number of blocks of 64 bytes
 * @throws RangeError when the lengths are not these
 */
export function sha256Compress(state: Uint8Array, blocks: Uint8Array): Uint8Array {
  if (state.length !== 32 || blocks.length % BLOCK_BYTES !== 0)
    throw new RangeError(`a state of ${state.length} bytes and ${blocks.length} bytes of blocks`)
  const own = words(state)
  compressInto(own, blocks)
  return bytesOf(own)
}

/** The state before the first block: the fractional parts of the square roots of the first eight primes. */
export function sha256Start(): Uint8Array {
  return bytesOf(
    Uint32Array.of(
      ...[0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a],
      ...[0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
    ),
  )
}

/** Fractional parts of the cube roots of the first 64 primes, computed rather than copied: integers, so exact. */
const K = Int32Array.from(firstPrimes(64), cubeRootBits)
const W = new Int32Array(64)

function compressInto(state: Uint32Array, blocks: Uint8Array): void {
  let h0 = (state[0] as number) | 0
  let h1 = (state[1] as number) | 0
  let h2 = (state[2] as number) | 0
  let h3 = (state[3] as number) | 0
  let h4 = (state[4] as number) | 0
  let h5 = (state[5] as number) | 0
  let h6 = (state[6] as number) | 0
  let h7 = (state[7] as number) | 0
  for (let from = 0; from < blocks.length; from += BLOCK_BYTES) {
    for (let t = 0, at = from; t < 16; t++, at += 4)
      W[t] =
        ((blocks[at] as number) << 24) |
        ((blocks[at + 1] as number) << 16) |
        ((blocks[at + 2] as number) << 8) |
        (blocks[at + 3] as number)
    for (let t = 16; t < 64; t++) {
      const x = W[t - 15] as number
      const y = W[t - 2] as number
      const small0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
      const small1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
      W[t] = ((W[t - 16] as number) + small0 + (W[t - 7] as number) + small1) | 0
    }
    let a = h0
    let b = h1
    let c = h2
    let d = h3
    let e = h4
    let f = h5
    let g = h6
    let h = h7
    for (let t = 0; t < 64; t++) {
      const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
      const t1 = (h + big1 + ((e & f) ^ (~e & g)) + (K[t] as number) + (W[t] as number)) | 0
      const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
      const t2 = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    h0 = (h0 + a) | 0
    h1 = (h1 + b) | 0
    h2 = (h2 + c) | 0
    h3 = (h3 + d) | 0
    h4 = (h4 + e) | 0
    h5 = (h5 + f) | 0
    h6 = (h6 + g) | 0
    h7 = (h7 + h) | 0
  }
  state[0] = h0
  state[1] = h1
  state[2] = h2
  state[3] = h3
  state[4] = h4
  state[5] = h5
  state[6] = h6
  state[7] = h7
}

function words(state: Uint8Array): Uint32Array {
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength)
  return Uint32Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i))
}

function bytesOf(state: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < 8; i++) view.setUint32(4 * i, state[i] as number)
  return bytes
}

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

/** floor(cbrt(n) · 2^32) mod 2^32, by bisection. */
function cubeRootBits(n: number): number {
  const cube = BigInt(n) << 96n
  let [low, high] = [0n, 1n << 36n]
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle ** 3n <= cube) low = middle
    else high = middle
  }
  return Number(low & 0xffff_ffffn)
}
