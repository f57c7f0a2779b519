/** How an endpoint is doing, for people and metrics. Holds nothing secret. */
export interface EndpointHealth {
  /** its host; with a number where several share one */
  name: string
  /** `limited`: it asked for a pause; `down`: it fails, lies or is on another chain, and is tried again later */
  state: 'up' | 'limited' | 'down'
  /** of late, in milliseconds; null before the first answer */
  latencyMs: number | null
  /** failed requests since the start */
  errors: number
  /** failed requests since the last answer */
  consecutiveErrors: number
  /** requests since the start */
  requests: number
  /** the latest block it has shown; null before it has */
  block: bigint | null
  /** blocks behind the head that the endpoints show together; null while unknown */
  lag: bigint | null
  /** why it is not up, in words */
  reason: string | null
}

/** Tells of an endpoint going down and coming back. */
export type Notice = (endpoint: string, what: string) => void

/** How endpoints are asked. */
export interface EndpointOptions {
  /** the chain that they must be on */
  chainId: number
  /** most requests a second to each; no limit when not given */
  rate?: number | undefined
  /** longest that an answer may take, body included; 10 s if not given */
  timeoutMs?: number | undefined
  notice?: Notice | undefined
}
