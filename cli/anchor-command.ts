import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  BaseError,
  createPublicClient,
  encodeFunctionData,
  formatEther,
  type Hex,
  http,
  keccak256,
  type LocalAccount,
  type PublicClient,
  zeroAddress,
} from 'viem'
import { anchorAbi } from '../abis/Anchor.ts'
import { batchOf, MAX_BATCH } from '../attestations/batch.ts'
import { type AnchorConfig, parseAnchorConfig } from '../config/anchor.ts'
import { ConfigError } from '../config/config.ts'
import { anchoredBatch, digestsOf, intendBatch, openBatch, sentBatch, unanchored } from '../journal/anchorings.ts'
import { lockDataDir } from '../journal/lock.ts'
import { type Journal, openJournal } from '../journal/open.ts'
import { anchorsOnly } from '../keys/anchor-limits.ts'
import { SpendLimitError } from '../keys/spend-limits.ts'
import { environment } from './environment.js'
import { exitCodes, UserError } from './exit.ts'
import { journalPath } from './journal-command.ts'

const RECEIPT_TIMEOUT_MS = 120_000

/** What became of it; amounts in wei. */
export type Anchored =
  | { state: 'nothing' }
  | { state: 'simulated'; root: Hex; count: number; gas: bigint; fee: bigint }
  | { state: 'anchored'; root: Hex; count: number; transaction: Hex | null; block: bigint }

/**
 * `gainsay attestations anchor`: puts the root of a batch of attestations that are in none on the configured chain. Sends
 * nothing unless it is told to. A batch that was begun before is finished first; the contract takes each root once, so that
 * trying again never pays twice for the same.
 *
 * @throws ConfigError, UserError, SpendLimitError
 */
export async function runAnchor(options: { send?: boolean; json?: boolean }, env = environment): Promise<void> {
  const config = parseAnchorConfig(env)
  if (options.send && !config.account)
    throw new ConfigError('No key is set. Set GAINSAY_ANCHOR_PRIVATE_KEY_FILE, or leave --send out.')
  const path = journalPath()
  if (!existsSync(path))
    throw new UserError(`No watcher has run here. Set GAINSAY_DATA_DIR to the watcher's.`, exitCodes.noInput)
  // Two at once would both pay for the same batch.
  const lock = lockDataDir(dirname(path), 'anchor')
  const journal = await openJournal(path)
  const outcome = await anchor(journal, config, options.send === true)
    .catch((error: unknown) => {
      throw forPeople(error)
    })
    .finally(async () => {
      await journal.destroy()
      lock.release()
    })
  if (options.json)
    console.log(JSON.stringify(outcome, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
  else console.log(sentenceOf(outcome))
}

/** Anchors one batch, or says what it would be. */
export async function anchor(journal: Journal, config: AnchorConfig, send: boolean): Promise<Anchored> {
  const { account, chainId, contract } = config
  const client = createPublicClient({ transport: http(config.rpcUrl, { retryCount: 1 }), pollingInterval: 500 })
  await requireContract(client, config)
  const begun = await openBatch(journal)
  const sender = account?.address.toLowerCase()
  if (begun && (begun.chainId !== chainId || begun.contract !== contract || (send && begun.sender !== sender)))
    throw new ConfigError(
      `A batch is on its way to ${begun.contract} on chain ${begun.chainId}, by ${begun.sender}. Finish it with that configuration first.`,
    )
  const digests = begun ? await digestsOf(journal, begun.root) : await unanchored(journal, MAX_BATCH)
  if (digests.length === 0) return { state: 'nothing' }
  const { root, count } = batchOf(digests)
  const data = encodeFunctionData({ abi: anchorAbi, functionName: 'anchor', args: [root, BigInt(count)] })
  if (!send || !account) {
    const [gas, { maxFeePerGas }] = await Promise.all([
      client.estimateGas({ account: account?.address ?? zeroAddress, to: contract, data }),
      client.estimateFeesPerGas(),
    ])
    return { state: 'simulated', root, count, gas, fee: gas * maxFeePerGas }
  }
  if (!begun)
    await intendBatch(journal, digests, { root, count, chainId, contract, sender: account.address }, Date.now())
  const known = await anchoredOn(client, config, account.address, root)
  const transaction = known
    ? ((begun?.transactionHash as Hex | null) ?? null)
    : await sendOne(journal, client, config, account, { root, data })
  const at = known ?? (await anchoredOn(client, config, account.address, root))
  if (!at)
    throw new UserError(
      `The transaction ${transaction} is mined, but the chain does not show the root yet. Run the command again.`,
      exitCodes.unavailable,
    )
  const block = transaction ? await blockOf(client, transaction) : await client.getBlockNumber()
  await anchoredBatch(journal, root, { blockNumber: Number(block), anchoredAt: Number(at) })
  return { state: 'anchored', root, count, transaction, block }
}

async function sendOne(
  journal: Journal,
  client: PublicClient,
  { chainId, contract, maxFee }: AnchorConfig,
  account: LocalAccount,
  { root, data }: { root: Hex; data: Hex },
): Promise<Hex> {
  const limited = anchorsOnly(account, { chainId, contract, maxFee })
  const [gas, fees, nonce] = await Promise.all([
    client.estimateGas({ account: account.address, to: contract, data }),
    client.estimateFeesPerGas(),
    client.getTransactionCount({ address: account.address }),
  ])
  const { maxFeePerGas, maxPriorityFeePerGas } = fees
  const raw = await limited.signTransaction({
    ...{ type: 'eip1559', chainId, nonce, to: contract, data, value: 0n, gas: (gas * 12n) / 10n },
    ...{ maxFeePerGas, maxPriorityFeePerGas },
  })
  const hash = keccak256(raw)
  await sentBatch(journal, root, hash)
  await client.sendRawTransaction({ serializedTransaction: raw })
  process.stderr.write(`sent ${hash}\n`)
  const receipt = await client.waitForTransactionReceipt({ hash, timeout: RECEIPT_TIMEOUT_MS })
  if (receipt.status !== 'success') throw new UserError(`The transaction ${hash} reverted.`, exitCodes.unavailable)
  return hash
}

async function requireContract(client: PublicClient, { chainId, contract }: AnchorConfig): Promise<void> {
  const actual = await client.getChainId()
  if (actual !== chainId)
    throw new ConfigError(`GAINSAY_ANCHOR_RPC_URL is on chain ${actual}, but GAINSAY_ANCHOR_CHAIN_ID says ${chainId}.`)
  if (!(await client.getCode({ address: contract })))
    throw new ConfigError(`There is no contract at ${contract} on chain ${chainId}. Check GAINSAY_ANCHOR_CONTRACT.`)
}

/** Since when the chain has a root of this account's, in Unix seconds; undefined when it has not. */
async function anchoredOn(
  client: PublicClient,
  { contract }: AnchorConfig,
  by: Hex,
  root: Hex,
): Promise<bigint | undefined> {
  const [at] = await client.readContract({
    address: contract,
    abi: anchorAbi,
    functionName: 'batchOf',
    args: [by, root],
  })
  return at === 0n ? undefined : at
}

async function blockOf(client: PublicClient, hash: Hex): Promise<bigint> {
  const receipt = await client.getTransactionReceipt({ hash }).catch(() => undefined)
  return receipt?.blockNumber ?? client.getBlockNumber()
}

/** An error of viem's becomes a sentence, as its message quotes the endpoint with its API key. */
function forPeople(error: unknown): unknown {
  if (error instanceof SpendLimitError) return new ConfigError(error.message)
  if (!(error instanceof BaseError)) return error
  return new UserError(
    `The batch could not be anchored: ${error.shortMessage.replace(/\.$/, '')}.`,
    exitCodes.unavailable,
  )
}

function sentenceOf(it: Anchored): string {
  if (it.state === 'nothing') return 'Every attestation is anchored, or there is none.'
  const what = `${it.count} ${it.count === 1 ? 'attestation' : 'attestations'}, root ${it.root}`
  if (it.state === 'simulated')
    return `Would anchor ${what}: ${it.gas} gas, at most ${formatEther(it.fee)} ETH. Nothing was sent; --send sends it.`
  return `Anchored ${what}, in block ${it.block}${it.transaction ? ` by ${it.transaction}` : ''}.`
}
