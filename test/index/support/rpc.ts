/** One JSON-RPC call. */
export interface RpcCall {
  method: string
  params?: readonly unknown[]
}

/**
 * Sends JSON-RPC calls as one batch. Plain `fetch`, because what Anvil is told here (mining, time, unlocked senders) is
 * not typed by viem, and a client per call would be slower than the chain.
 *
 * @returns the results in the order of the calls
 * @throws Error naming the first call that failed and why
 */
export async function batch(rpcUrl: string, calls: readonly RpcCall[]): Promise<unknown[]> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(calls.map(({ method, params = [] }, id) => ({ jsonrpc: '2.0', id, method, params }))),
  })
  const answers = (await response.json()) as { id: number; result?: unknown; error?: { message: string } }[]
  const results: unknown[] = []
  for (const { id, result, error } of answers) {
    if (error) throw new Error(`${calls[id]?.method}: ${error.message}`)
    results[id] = result
  }
  return results
}

/** One JSON-RPC call by itself. */
export async function rpc(rpcUrl: string, method: string, ...params: unknown[]): Promise<unknown> {
  return (await batch(rpcUrl, [{ method, params }]))[0]
}
