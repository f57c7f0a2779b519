export type Hex = `0x${string}`

/** A result's status. Times are Unix seconds and numbers decimal strings. */
export interface ResultStatus {
  readonly id: Hex
  /** Rely on the result only when this is `yes`. `see verdict`: nothing on chain will ever settle it; go by the verdict. */
  readonly reliable: 'yes' | 'no' | 'not yet' | 'see verdict'
  readonly status:
    | 'none'
    | 'requested'
    | 'posted'
    | 'challenged'
    | 'revealed'
    | 'rejected'
    | 'finalized'
    | 'expired'
    | 'recorded'
  /** What the status means, in a sentence. */
  readonly meaning: string
  /** Second at which the present window is over; null once settled. */
  readonly windowEnd: string | null
  readonly postedAt: string
  readonly settledAt: string | null
  /** Block in which it was posted. */
  readonly block: string
  readonly request: Hex
  readonly model: Hex
  /** null where its network does not say which node it was. */
  readonly node: Hex | null
  readonly network: 'gainsay' | 'opengradient'
  readonly chainId: number
  /** sha256 of the output's bytes: compare it with what you were given. */
  readonly outputHash: Hex
  /** What the watcher behind this API found when it replayed the result: an opinion, no chain fact. */
  readonly verdict: 'valid' | 'invalid' | 'undetermined' | null
}

/**
 * A watcher's signed verdict: EIP-712 typed data that viem's `verifyTypedData` takes as it is, with `signer` as its `address`.
 * The client does not verify it: that is for whoever relies on it, with the addresses that they trust.
 */
export interface Attestation {
  readonly domain: { readonly name: 'Gainsay'; readonly version: '1' }
  readonly types: { readonly Attestation: readonly { readonly name: string; readonly type: string }[] }
  readonly primaryType: 'Attestation'
  /** What is attested. Whole numbers are decimal strings; `verdict` is 1 for valid, 2 for invalid. */
  readonly message: Readonly<Record<string, string | number>> & {
    readonly resultId: Hex
    readonly modelHash: Hex
    readonly inputHash: Hex
    readonly outputHash: Hex
    readonly verdict: 1 | 2
    readonly judgedAt: string
  }
  readonly signature: Hex
  readonly signer: Hex
  /** The EIP-712 hash that is signed. */
  readonly digest: Hex
  /** Unix milliseconds. */
  readonly signedAt: number
  /** Where it is anchored on a chain, with the proof; null where it is not. */
  readonly anchor: {
    readonly root: Hex
    readonly count: number
    readonly chainId: number
    readonly contract: Hex
    readonly by: Hex
    readonly transactionHash: Hex | null
    readonly blockNumber: string
    readonly anchoredAt: string
    readonly proof: readonly Hex[]
  } | null
}

export interface ClientOptions {
  /** Instead of the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** Milliseconds for one answer; 10,000 unless given. */
  readonly timeoutMs?: number
  /** Answers kept to be asked for again by ETag; 1,000 unless given. */
  readonly keep?: number
}

/** The API does not answer, refuses, or was asked for something that is no id. */
export declare class GainsayError extends Error {
  name: 'GainsayError'
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined
  constructor(message: string, status?: number)
}

/** Asks a Gainsay API whether results can be relied on. */
export declare class GainsayClient {
  /** @param url of the API, for example `http://127.0.0.1:42069` */
  constructor(url: string | URL, options?: ClientOptions)
  /** The status of one result; null when the index does not know it (yet). @throws GainsayError */
  status(id: Hex): Promise<ResultStatus | null>
  /** Statuses by lower-case id, as many as you like; null where the index knows none. @throws GainsayError */
  statuses(ids: Iterable<Hex>): Promise<Map<Hex, ResultStatus | null>>
  /** What the watcher behind this API has signed about a result, the latest judged first. @throws GainsayError */
  attestations(id: Hex): Promise<Attestation[]>
  /**
   * Whether a result has settled in its favour and, if given, is about an output with this sha256. Anything unknown, open
   * or rejected is false. @throws GainsayError when nobody can tell
   */
  isReliable(id: Hex, outputHash?: Hex): Promise<boolean>
  /** Waits until a result is settled. @throws GainsayError; the signal's reason when it aborts */
  settled(id: Hex, options?: { pollMs?: number; signal?: AbortSignal }): Promise<ResultStatus>
  /** Where an SVG badge with its status is. */
  badgeUrl(id: Hex): string
  /** Where a page without scripts is that can be embedded. */
  cardUrl(id: Hex): string
}
