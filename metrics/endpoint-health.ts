/** How an RPC endpoint does, as far as it is shown outside. */
export interface EndpointHealth {
  /** its host: paths and queries often carry API keys */
  name: string
  state: 'up' | 'limited' | 'down'
  latencyMs: number | null
  /** since the start */
  errors: number
  requests: number
  block: bigint | null
}

/** The endpoints of a connection; none where it does not keep count of them. */
export function endpointHealth(chain: object): EndpointHealth[] {
  const { endpoints } = chain as { endpoints?: { health?: () => EndpointHealth[] } }
  return endpoints?.health?.() ?? []
}
