import { z } from 'zod'
import { address, rpcUrls } from './values.ts'

const addressOr = (known: string) => z.string().default(known).pipe(address)

/** The environment variables of following OpenGradient; see docs/networks.md. Addresses: of its public deployment. */
export const opengradientVariables = {
  OPENGRADIENT_RPC_URL: rpcUrls.default([]),
  OPENGRADIENT_CHAIN_ID: z.coerce.number().int().positive().default(10740),
  OPENGRADIENT_START_BLOCK: z.coerce.number().int().nonnegative().default(0),
  OPENGRADIENT_PRECOMPILE: addressOr('0x00000000000000000000000000000000000000F4'),
  OPENGRADIENT_HUB: addressOr('0x8383C9bD7462F12Eb996DD02F78234C0421A6FaE'),
  OPENGRADIENT_SCHEDULER: addressOr('0x7179724De4e7FF9271FA40C0337c7f90C0508eF6'),
  OPENGRADIENT_TEE_REGISTRY: addressOr('0x4e72238852f3c918f4E4e57AeC9280dDB0c80248'),
  OPENGRADIENT_SETTLEMENT_RELAY: addressOr('0xf1dc0d5Dcf2A01924faC78185B9227CF3EC839A5'),
  OPENGRADIENT_TOLERANCE: z
    .string()
    .default('0.00001')
    .pipe(z.string().regex(/^0(\.\d{1,18})?$/, 'must be a number from 0 to below 1 with at most 18 decimals'))
    .transform((text) => BigInt((text.split('.')[1] ?? '').padEnd(18, '0'))),
}

/** Which OpenGradient is followed. Addresses in lower case. */
export interface OpenGradientConfig {
  /** JSON-RPC endpoints, the first one preferred */
  rpcUrls: string[]
  chainId: number
  /** first block to index */
  startBlock: number
  precompile: `0x${string}`
  hub: `0x${string}`
  scheduler: `0x${string}`
  teeRegistry: `0x${string}`
  settlementRelay: `0x${string}`
  /** largest accepted norm-scaled distance, in 1e-18: the network registers none, so it is ours to say */
  tolerance: bigint
}

/** The part of a configuration that is about OpenGradient; undefined where no endpoint is given: then it is not followed. */
export function opengradientOf(it: z.infer<z.ZodObject<typeof opengradientVariables>>): OpenGradientConfig | undefined {
  if (it.OPENGRADIENT_RPC_URL.length === 0) return undefined
  return {
    rpcUrls: it.OPENGRADIENT_RPC_URL,
    chainId: it.OPENGRADIENT_CHAIN_ID,
    startBlock: it.OPENGRADIENT_START_BLOCK,
    precompile: it.OPENGRADIENT_PRECOMPILE,
    hub: it.OPENGRADIENT_HUB,
    scheduler: it.OPENGRADIENT_SCHEDULER,
    teeRegistry: it.OPENGRADIENT_TEE_REGISTRY,
    settlementRelay: it.OPENGRADIENT_SETTLEMENT_RELAY,
    tolerance: it.OPENGRADIENT_TOLERANCE,
  }
}

/** The environment that gives this again, in a child process. */
export function opengradientEnvironment(config: OpenGradientConfig | undefined): Record<string, string> {
  if (!config) return {}
  return {
    OPENGRADIENT_RPC_URL: config.rpcUrls.join(','),
    OPENGRADIENT_CHAIN_ID: String(config.chainId),
    OPENGRADIENT_START_BLOCK: String(config.startBlock),
    OPENGRADIENT_PRECOMPILE: config.precompile,
    OPENGRADIENT_HUB: config.hub,
    OPENGRADIENT_SCHEDULER: config.scheduler,
    OPENGRADIENT_TEE_REGISTRY: config.teeRegistry,
    OPENGRADIENT_SETTLEMENT_RELAY: config.settlementRelay,
    OPENGRADIENT_TOLERANCE: `0.${String(config.tolerance).padStart(18, '0')}`,
  }
}
