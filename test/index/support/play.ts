import { concat, encodeFunctionData, type Hex, keccak256, toHex } from 'viem'
import { convictionAbi } from '../../../abis/Conviction.ts'
import { gainsayAbi } from '../../../abis/Gainsay.ts'
import { rules } from '../../../protocol/arithmetic/bounds.ts'
import { CHALLENGE_BOND, DEMAND_TERMS, inline, NOBODY, NODE_BOND, type Stage, sha256, WINDOW } from './stage.ts'

/** What a play left behind: ids by what became of them. */
export interface Played {
  models: { fp32: Hex; exact: Hex; hostile: Hex }
  requests: Record<Fate, Hex>
  /** the result of each request that has one */
  results: Partial<Record<Fate, Hex>>
  /** ids of demands, by where they stand */
  demands: Partial<Record<DemandFate, Hex>>
}

/** Every way a demand can stand. */
export type DemandFate = keyof typeof demanded

/** What is demanded: `returned` a tensor's header, the others chunks of tensors. */
export const demanded = {
  paid: { entry: 3, first: 5, count: 2 },
  returned: { entry: 2 ** 32 - 1, first: 0, count: 0 },
  withheld: { entry: 0, first: 2 ** 32 - 16, count: 16 },
  open: { entry: 1, first: 0, count: 1 },
  supplied: { entry: 1, first: 1, count: 1 },
} as const

/** Wei sent with the returned demand beyond its fee. */
export const SPARE = 17n

/** The bytes of the proof, what was supplied, and the evidence of a play; the stage's checker takes anything. */
export const shown = { proof: toHex('the proof'), supply: toHex('what was demanded'), evidence: 'the evidence' }

/** Every way a request can stand or have ended, and a few more that a history must bear. */
export type Fate = keyof typeof paths

/** The statuses that each of them goes through. */
export const paths = {
  open: ['requested'],
  expired: ['requested', 'expired'],
  posted: ['requested', 'posted'],
  finalized: ['requested', 'posted', 'finalized'],
  unpaid: ['requested', 'posted', 'finalized'],
  challenged: ['requested', 'posted', 'challenged'],
  revealed: ['requested', 'posted', 'challenged', 'revealed'],
  silent: ['requested', 'posted', 'challenged', 'rejected'],
  ruled: ['requested', 'posted', 'challenged', 'revealed', 'rejected'],
  withheld: ['requested', 'posted', 'challenged', 'revealed', 'rejected'],
  demanded: ['requested', 'posted', 'challenged', 'revealed'],
  convicted: ['requested', 'posted', 'challenged', 'revealed', 'rejected'],
  vindicated: ['requested', 'posted', 'challenged', 'revealed', 'finalized'],
  hostile: ['requested', 'posted', 'challenged', 'revealed'],
} as const

/** Text that breaks databases, COPY streams, pages and readers; each must come back as text and nothing else. */
export const hostileTexts = {
  model: `nul \u0000 end <script>alert(1)</script>`,
  input: `'); DROP TABLE result; -- \\N \\. \t \n \r \\x00 "}`,
  output: `\u202Egpj.exe\u2066\u2067 \u{1F600} \u0007 {{7*7}} \${1}`,
}
/** Bytes that are no UTF-8: a stray continuation, an overlong slash, a lone surrogate, a cut-off sequence. */
export const brokenUtf8: Hex = '0x80c0afeda080f09f98'

/** Plays what is over before an index starts: most fates, in the order of their windows. */
export async function playHistory(stage: Stage): Promise<Played> {
  const { cast, move, argue, pass } = stage
  const terms = {
    ...{ modelHash: sha256('model'), graphRoot: sha256('graph'), uri: 'ipfs://model', arbiter: cast.arbiter },
    ...{ rule: 0, lambda: 0 },
  }
  const models = {
    fp32: await move(cast.registrant, 'registerModel', [
      { ...terms, precision: 1, tolerance: 10n ** 13n, rule: rules.indexOf('probabilistic'), lambda: 8 },
    ]),
    exact: await move(cast.registrant, 'registerModel', [{ ...terms, precision: 0, tolerance: 0n, arbiter: NOBODY }]),
    hostile: await move(cast.stranger, 'registerModel', [
      { ...terms, uri: hostileTexts.model, precision: 1, tolerance: 1n },
    ]),
  }
  await move(cast.node, 'bond', [], 10n * NODE_BOND)
  await move(cast.otherNode, 'bond', [], 3n * NODE_BOND)
  await move(cast.otherNode, 'bond', [], 2n * NODE_BOND + 5n)
  await move(cast.otherNode, 'unbond', [3n])

  const requests: Partial<Record<Fate, Hex>> = {}
  const results: Partial<Record<Fate, Hex>> = {}
  const ask = async (
    fate: Fate,
    { named = NOBODY as Hex, fee = 1_000n, model = models.fp32, from = cast.requester },
  ) => {
    const deadline = (await stage.now()) + BigInt(WINDOW)
    requests[fate] = await move(from, 'request', [model, named, inline(`input of ${fate}`), deadline], fee)
  }
  const post = async (fate: Fate, node: Hex) => {
    results[fate] = await move(node, 'post', [requests[fate] as Hex, inline(`output of ${fate}`)])
  }
  const challenge = (fate: Fate, from = cast.watcher) => move(from, 'challenge', [results[fate] as Hex], CHALLENGE_BOND)
  const reveal = (fate: Fate, node: Hex) =>
    move(node, 'reveal', [results[fate] as Hex, sha256(`trace of ${fate}`), `https://node.example/${fate}`])

  await ask('expired', { fee: 77n, from: cast.otherRequester })
  await ask('finalized', { named: cast.node })
  await ask('unpaid', { fee: 0n, model: models.exact })
  for (const fate of ['silent', 'ruled', 'convicted', 'withheld', 'vindicated'] as const)
    await ask(fate, { fee: 1_000n + BigInt(fate.length) })
  for (const fate of ['finalized', 'unpaid', 'silent', 'ruled', 'vindicated'] as const) await post(fate, cast.node)
  for (const fate of ['convicted', 'withheld'] as const) await post(fate, cast.otherNode)
  for (const fate of ['silent', 'ruled', 'convicted', 'withheld'] as const) await challenge(fate)
  await challenge('vindicated', cast.otherWatcher)
  await reveal('ruled', cast.node)
  await reveal('vindicated', cast.node)
  for (const fate of ['convicted', 'withheld'] as const) await reveal(fate, cast.otherNode)
  const evidence = inline(shown.evidence)
  await argue(cast.stranger, 'appeal', [results.ruled as Hex, evidence.hash, evidence.uri, evidence.data])
  await argue(cast.watcher, 'appeal', [results.ruled as Hex, sha256('elsewhere'), hostileTexts.model, '0x'])
  await move(cast.arbiter, 'rule', [results.ruled as Hex])
  await convict(stage, results.convicted as Hex)
  // Of the vindicated node two things are demanded: it supplies one, and nobody asks after the other. Not in the second
  // of the reveal, so that the demands lengthen the window.
  await pass(2)
  const paid = await demand(stage, results.vindicated as Hex, cast.otherWatcher, demanded.paid)
  for (let entry = 100; entry < 107; entry++)
    await demand(stage, results.vindicated as Hex, cast.stranger, { entry, first: 0, count: 0 })
  const demands: Played['demands'] = {
    paid,
    // The ninth costs twice as much, and more than needed was sent along.
    returned: await demand(stage, results.vindicated as Hex, cast.watcher, demanded.returned, SPARE),
    withheld: await demand(stage, results.withheld as Hex, cast.convictor, demanded.withheld),
  }
  await argue(cast.stranger, 'supply', [demands.paid as Hex, shown.supply])
  await pass(Number(DEMAND_TERMS.supplyWindow) + 1)
  await argue(cast.stranger, 'claimWithheld', [demands.withheld as Hex])
  await pass(WINDOW)
  await move(cast.stranger, 'expire', [requests.expired as Hex])
  await move(cast.stranger, 'claimSilence', [results.silent as Hex])
  for (const fate of ['finalized', 'unpaid', 'vindicated'] as const)
    await move(cast.stranger, 'finalize', [results[fate] as Hex])
  for (const fate of ['paid', 'returned'] as const) await argue(cast.stranger, 'settleDemand', [demands[fate] as Hex])
  await move(cast.watcher, 'withdraw', [cast.watcher])
  await move(cast.node, 'withdraw', [cast.stranger])
  // Twice, so that a sum differs from the last of its parts.
  for (const amount of [4n, 6n]) {
    await move(cast.otherNode, 'unbond', [amount])
    await move(cast.otherNode, 'withdraw', [cast.otherNode])
  }
  return { models, requests: requests as Played['requests'], results, demands }
}

/** Plays on while an index follows: what stays open, and what is hostile. Completes what `playHistory` began. */
export async function playLive(stage: Stage, played: Played): Promise<void> {
  const { cast, move, argue } = stage
  const { requests, results, models, demands } = played
  const deadline = (await stage.now()) + BigInt(WINDOW)
  for (const fate of ['open', 'posted', 'challenged', 'revealed'] as const)
    requests[fate] = await move(
      cast.otherRequester,
      'request',
      [models.exact, fate === 'open' ? cast.otherNode : NOBODY, inline(`input of ${fate}`), deadline],
      5n,
    )
  const wanted = inline('input of demanded')
  requests.demanded = await move(cast.otherRequester, 'request', [models.fp32, NOBODY, wanted, deadline], 5n)
  for (const fate of ['posted', 'challenged', 'revealed', 'demanded'] as const)
    results[fate] = await move(cast.node, 'post', [requests[fate], inline(`output of ${fate}`)])
  for (const fate of ['challenged', 'revealed', 'demanded'] as const)
    await move(cast.otherWatcher, 'challenge', [results[fate] as Hex], CHALLENGE_BOND)
  for (const fate of ['revealed', 'demanded'] as const)
    await move(cast.node, 'reveal', [results[fate] as Hex, sha256('trace'), ''])
  for (const fate of ['open', 'supplied'] as const)
    demands[fate] = await demand(stage, results.demanded as Hex, cast.watcher, demanded[fate])
  await argue(cast.node, 'supply', [demands.supplied as Hex, shown.supply])
  await argue(cast.watcher, 'appeal', [results.demanded as Hex, sha256('elsewhere'), 'https://watcher.example', '0x'])

  // By URI alone, so that nothing but text carries them.
  const byUri = (uri: string) => ({ hash: sha256(uri), uri, data: '0x' as Hex })
  requests.hostile = await move(
    cast.requester,
    'request',
    [models.hostile, NOBODY, byUri(hostileTexts.input), deadline],
    1n,
  )
  results.hostile = await move(cast.otherNode, 'post', [
    requests.hostile,
    byUri(hostileTexts.output.padEnd(2000, '\u202E').slice(0, 690)),
  ])
  await move(cast.watcher, 'challenge', [results.hostile], CHALLENGE_BOND)
  await stage.raw(cast.otherNode, revealWithBytes(results.hostile, brokenUtf8))
}

/** Commits to the proof that every stage believes, a block before it is shown, and convicts a revealed result by it. */
export async function convict({ client, conviction, cast, argue }: Stage, resultId: Hex): Promise<void> {
  const salt = sha256('salt')
  const commitment = await client.readContract({
    ...{ address: conviction, abi: convictionAbi, functionName: 'commitmentOf' },
    args: [cast.convictor, resultId, keccak256(shown.proof), salt],
  })
  await argue(cast.stranger, 'commit', [commitment])
  await argue(cast.convictor, 'convict', [resultId, shown.proof, salt])
}

/** Demands a part of a revealed trace for what it costs and `spare` wei more, and returns the demand's id. */
export async function demand(
  { client, conviction, argue }: Stage,
  resultId: Hex,
  from: Hex,
  what: { entry: number; first: number; count: number },
  spare = 0n,
): Promise<Hex> {
  const contract = { address: conviction, abi: convictionAbi } as const
  const fee = await client.readContract({ ...contract, functionName: 'feeOf', args: [resultId, what.count] })
  await argue(from, 'demand', [resultId, what, shown.proof], fee + spare)
  return client.readContract({
    ...{ address: conviction, abi: convictionAbi, functionName: 'demandIdOf' },
    args: [resultId, what],
  })
}

/** Calldata of a reveal whose URI is 2,048 bytes that begin with the given ones, whatever UTF-8 says of them. */
function revealWithBytes(resultId: Hex, bytes: Hex): Hex {
  const rest = '/'.repeat(2048 - (bytes.length - 2) / 2)
  const placeholder = 'x'.repeat((bytes.length - 2) / 2)
  const data = encodeFunctionData({
    abi: gainsayAbi,
    functionName: 'reveal',
    args: [resultId, sha256('trace'), placeholder + rest],
  })
  const [before, after] = data.split(toHex(placeholder).slice(2)) as [Hex, string]
  return concat([before, bytes, `0x${after}`])
}
