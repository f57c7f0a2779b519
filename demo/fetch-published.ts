/** Largest published thing that is taken, in bytes. */
const MAX_BYTES = 256 * 2 ** 20
const TIMEOUT_MS = 10_000

/**
 * Gets what a node of the demo published. The bytes are whatever the node's server gives: whoever uses them checks them.
 *
 * @throws Error when the URI is not http(s), the server does not give it, or it is too large or too slow
 */
export async function fetchPublished(uri: string): Promise<Uint8Array> {
  if (!/^https?:$/.test(new URL(uri).protocol)) throw new Error('only http and https are followed')
  const response = await fetch(uri, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok || !response.body) throw new Error(`the server answers ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
