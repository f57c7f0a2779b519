/** Shards of Walrus, on which a blob's id depends: the same on its mainnet and testnet since they began. */
const SHARDS = 1000

/**
 * Whether a Walrus blob id names these bytes: it is the hash of their erasure code, which takes seconds to compute.
 *
 * @see https://docs.wal.app/design/encoding.html
 */
export async function namesBlob(blobId: string, bytes: Uint8Array): Promise<boolean> {
  const { BlobEncoder } = await import('@mysten/walrus-wasm')
  const encoder = new BlobEncoder(SHARDS)
  try {
    const [id] = encoder.compute_metadata(bytes) as [number[]]
    return Buffer.from(id).toString('base64url') === blobId
  } finally {
    encoder.free()
  }
}
