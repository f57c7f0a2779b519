import {
  BaseError,
  ContractFunctionRevertedError,
  createWalletClient,
  formatUnits,
  type Hex,
  InsufficientFundsError,
  type LocalAccount,
  zeroAddress,
} from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { type Chain, connect } from '../chain/connect.ts'
import { ConfigError, parseConfig } from '../config/config.ts'
import { loadAccount } from '../config/key.ts'
import { contractNeeded } from '../config/principal.ts'
import { rules } from '../protocol/arithmetic/bounds.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import { sha256Hex } from '../protocol/sha256.ts'
import { precisions } from '../protocol/status.ts'
import { environment } from './environment.js'
import { exitCodes, UserError } from './exit.ts'
import {
  type ModelTerms,
  optionOf,
  readTerms,
  requireProvable,
  requireSeat,
  type TermsOptions,
  warningsOf,
} from './model-terms.ts'
import { ofModel, readModel } from './read-model.ts'
import { requireServed } from './served-model.ts'

/** `Gainsay.MAX_URI`, in bytes. */
const MAX_URI = 2048
const RECEIPT_TIMEOUT_MS = 180_000

/** A model as `registerModel` takes it. */
type Registration = ReturnType<typeof registrationOf>

/** How a registration ended: sent and mined, on chain before, or only simulated. */
type Outcome =
  | { readonly state: 'registered'; readonly transaction: Hex; readonly block: bigint; readonly gas: bigint }
  | { readonly state: 'known' | 'simulated' }

/**
 * `gainsay model register`: registers a model under terms that never change again. What would turn out wrong only later is
 * refused first; what is registered already is said, and is no error.
 *
 * @throws UserError (64) for terms that nobody should register; (69) when chain or URI do not answer
 * @throws ConfigError and ChainError as every command that needs a chain
 */
export async function runModelRegister(
  path: string,
  options: TermsOptions & { uri: string; check: boolean; dryRun?: boolean; json?: boolean },
  env: NodeJS.ProcessEnv = environment,
): Promise<void> {
  const uri = options.uri.trim()
  if (uri === '' || Buffer.byteLength(uri) > MAX_URI)
    throw new UserError(`--uri takes an address of at most ${MAX_URI} bytes.`, exitCodes.usage)
  const terms = readTerms(options)
  const file = readModel(path)
  const graph = ofModel(path, () => committedModel(file).graph)
  requireProvable(terms, graph)
  const warnings = warningsOf(terms, graph)
  const config = parseConfig(env)
  contractNeeded(config)
  const account = loadAccount(env)
  if (!account && !options.dryRun)
    throw new ConfigError('No key is set. Set GAINSAY_PRIVATE_KEY_FILE, or take --dry-run to send nothing.')
  const chain = await connect(config)
  requireSeat(terms, chain.seat)

  const model = registrationOf(terms, { modelHash: sha256Hex(file), graphRoot: graph.root, uri })
  const modelId = await asked(() => idOf(chain, model))
  let outcome: Outcome = { state: 'known' }
  if (!(await asked(() => isRegistered(chain, modelId)))) {
    if (options.check) {
      const { allowPrivateHosts } = config
      const others = await requireServed(uri, { hash: model.modelHash, bytes: file.length, allowPrivateHosts })
      if (others > 0) warnings.push('Only http(s) addresses are asked for the file; --uri has another, not checked.')
    }
    outcome = await act(chain, model, modelId, { account, dryRun: options.dryRun })
  }
  print({ modelId, model, terms, warnings, outcome }, options.json)
}

function registrationOf(terms: ModelTerms, about: { modelHash: Hex; graphRoot: Hex; uri: string }) {
  const { tolerance, arbiter, lambda } = terms
  const precision = precisions.indexOf(terms.precision)
  return { ...about, precision, tolerance, arbiter, rule: rules.indexOf(terms.rule), lambda }
}

function idOf({ client, contract }: Chain, model: Registration): Promise<Hex> {
  return client.readContract({ address: contract, abi: gainsayAbi, functionName: 'modelIdOf', args: [model] })
}

async function isRegistered({ client, contract }: Chain, modelId: Hex): Promise<boolean> {
  const at = { address: contract, abi: gainsayAbi } as const
  const { modelHash } = await client.readContract({ ...at, functionName: 'modelOf', args: [modelId] })
  return BigInt(modelHash) !== 0n
}

/** Simulates, sends, and waits for the receipt. */
async function act(
  chain: Chain,
  model: Registration,
  modelId: Hex,
  options: { account: LocalAccount | undefined; dryRun?: boolean | undefined },
): Promise<Outcome> {
  const { client, contract } = chain
  const { account, dryRun } = options
  const call = { address: contract, abi: gainsayAbi, functionName: 'registerModel', args: [model] } as const
  try {
    await asked(() => client.simulateContract({ ...call, account: account?.address ?? zeroAddress }))
    if (dryRun || !account) return { state: 'simulated' }
    const wallet = createWalletClient({ account, transport: chain.endpoints.transport })
    const hash = await asked(() => wallet.writeContract({ ...call, chain: null }))
    // Said at once: whoever loses patience can look it up.
    process.stderr.write(`sent ${hash}\n`)
    const receipt = await asked(() => client.waitForTransactionReceipt({ hash, timeout: RECEIPT_TIMEOUT_MS }))
    if (receipt.status !== 'success') throw new UserError(`The transaction ${hash} reverted.`, exitCodes.unavailable)
    return {
      state: 'registered',
      transaction: receipt.transactionHash,
      block: receipt.blockNumber,
      gas: receipt.gasUsed,
    }
  } catch (error) {
    // Somebody else was quicker with the very same terms, or an endpoint answered twice: what counts is on chain.
    if (await isRegistered(chain, modelId).catch(() => false)) return { state: 'known' }
    throw error
  }
}

/** What the chain answers. An error of viem's becomes a sentence, as its message quotes the endpoint with its API key. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    if (error.walk((one) => one instanceof InsufficientFundsError))
      throw new UserError('The account of the key has too little money for the gas. Send it some.', exitCodes.config)
    const revert = error.walk((one) => one instanceof ContractFunctionRevertedError)
    const refused = revert instanceof ContractFunctionRevertedError
    const said = refused ? `the contract refuses it (${revert.data?.errorName ?? 'it reverts'})` : error.shortMessage
    throw new UserError(
      `The model could not be registered: ${said.replace(/\.$/, '')}.`,
      refused ? exitCodes.usage : exitCodes.unavailable,
    )
  }
}

function print(
  {
    modelId,
    model,
    terms,
    warnings,
    outcome,
  }: { modelId: Hex; model: Registration; terms: ModelTerms; warnings: string[]; outcome: Outcome },
  json = false,
): void {
  const { modelHash, graphRoot, uri } = model
  const { precision, rule, lambda } = terms
  const tolerance = formatUnits(terms.tolerance, 18)
  const arbiter = terms.arbiter === zeroAddress ? null : terms.arbiter
  if (json) {
    const about = { modelId, modelHash, graphRoot, uri, precision, tolerance, rule, lambda, arbiter, warnings }
    const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
    console.log(JSON.stringify({ ...about, ...outcome }, text))
    return
  }
  for (const warning of warnings) console.error(`warning: ${warning}`)
  const lines: [string, string][] = [
    ['model id', modelId],
    ['model hash', modelHash],
    ['graph root', graphRoot],
    ['uri', uri],
    ['precision', precision === 'exact' ? 'exact' : `fp32, tolerance ${tolerance}`],
    ['rule', rule === 'probabilistic' ? `probabilistic, lambda ${lambda}` : optionOf(rule)],
    ['arbiter', arbiter ?? 'nobody'],
  ]
  for (const [name, value] of lines) console.log(`${name.padEnd(11)} ${value}`)
  if (outcome.state === 'registered')
    console.log(`Registered in block ${outcome.block} by ${outcome.transaction} (${outcome.gas} gas).`)
  else if (outcome.state === 'known') console.log('The very same terms are registered already.')
  else console.log('It would be registered; nothing was sent.')
}
