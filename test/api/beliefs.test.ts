import { join } from 'node:path'
import type { Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Journal, openJournal } from '../../journal/open.ts'
import { recordFinding, recordObservation, recordProvability } from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { observationKey } from '../../protocol/observation.ts'
import { type IndexProcess, startIndex } from '../index/support/index-process.ts'
import { inline, NOBODY, NODE_BOND, type Stage, sha256, startStage } from '../index/support/stage.ts'

let stage: Stage
let index: IndexProcess
let journal: Journal
let resultId: Hex
const models: Partial<Record<'proven' | 'arbiter' | 'otherGraph' | 'unknown', Hex>> = {}

beforeAll(async () => {
  stage = await startStage()
  const { cast, move } = stage
  const terms = { modelHash: sha256('file'), graphRoot: sha256('graph'), uri: 'ipfs://file', arbiter: cast.arbiter }
  const register = (change: { modelHash?: Hex; graphRoot?: Hex; arbiter?: Hex }, rule: (typeof rules)[number]) =>
    move(cast.registrant, 'registerModel', [
      { ...terms, ...change, precision: 1, tolerance: 1n, rule: rules.indexOf(rule), lambda: 0 },
    ])
  models.proven = await register({}, 'worstCase')
  models.arbiter = await register({}, 'arbiter')
  models.otherGraph = await register({ graphRoot: sha256('another graph') }, 'worstCase')
  models.unknown = await register({ modelHash: sha256('another file') }, 'worstCase')
  await move(cast.node, 'bond', [], NODE_BOND)
  const deadline = (await stage.now()) + 100n
  const requestId = await move(cast.requester, 'request', [models.proven, NOBODY, inline('input'), deadline], 1n)
  resultId = await move(cast.node, 'post', [requestId, inline('output')])
  index = await startIndex(stage)
  await index.reached(await stage.head())
})
afterAll(async () => {
  await journal?.destroy()
  await index?.stop()
  await stage?.stop()
})

const finding = '{ result(id: "%") { replay { verdict finding { kind claim operator entry element reason } } } }'
const provability =
  '{ model(id: "%") { provability { provable rule problems graphRootMatches operators largestDot checkedAt } } }'
const ask = (query: string, id: Hex | undefined) => index.ask<Record<string, unknown>>(query.replace('%', id as string))

test('before a watcher has run there is nothing to say', async () => {
  expect(await ask(finding, resultId)).toEqual({ result: { replay: null } })
  expect(await ask(provability, models.proven)).toEqual({ model: { provability: null } })
})

test('a finding shows where the fraud is and neither its proof nor its salt', async () => {
  journal = await openJournal(join(index.dataDir, 'journal.sqlite'))
  const { result } = await index.ask<{
    result: { blockNumber: string; blockHash: Hex; transactionHash: Hex; logIndex: number }
  }>(`{ result(id: "${resultId}") { blockNumber blockHash transactionHash logIndex } }`)
  const key = observationKey({ ...result, chainId: stage.chainId })
  const { blockHash } = result
  const names = { requestId: '0x02', modelId: models.proven as Hex, node: stage.cast.node, settlement: null }
  await recordObservation(journal, { key, resultId, ...names, blockNumber: Number(result.blockNumber), blockHash }, 1)
  const nothing = { step: null, output: null, distance: null, tolerance: null, reason: null, evidence: null }
  await recordVerdict(journal, {
    ...{ observationKey: key, kind: 'invalid', ...nothing },
    ...{ runtimes: '[]', ms: 1, judgedAt: 1, retryAt: null },
  })
  expect(await ask(finding, resultId)).toEqual({ result: { replay: { verdict: 'invalid', finding: null } } })

  const where = { kind: 'provable', claim: 'element', operator: 'MatMul', entry: 7, element: 2 ** 40 } as const
  await recordFinding(journal, {
    ...{ observationKey: key, ...where, reason: 'beyond the bound', foundAt: 2 },
    ...{ proof: '0x70726f6f66', salt: '0x73616c74' },
  })
  expect(await ask(finding, resultId)).toEqual({
    result: {
      replay: {
        verdict: 'invalid',
        finding: { ...where, element: String(where.element), reason: 'beyond the bound' },
      },
    },
  })
  for (const secret of ['proof', 'salt']) {
    const { errors } = await index.answer(`{ result(id: "${resultId}") { replay { finding { ${secret} } } } }`)
    expect(errors?.[0]?.message).toContain(secret)
  }
})

test('what a file allows to prove is said under the terms of each registration', async () => {
  const known = { operators: 12, largestDot: 4096, checkedAt: 3 }
  const row = { ...known, modelHash: sha256('file'), graphRoot: sha256('graph') }
  await recordProvability(journal, { ...row, provable: 1, problems: '[]' })
  const shown = { ...known, checkedAt: '3' }
  expect(await ask(provability, models.proven)).toEqual({
    model: {
      provability: {
        ...shown,
        ...{ provable: true, problems: [], graphRootMatches: true },
        rule: 'In every operator, the contract itself convicts an element beyond the worst-case rounding error of its operator.',
      },
    },
  })
  expect(await ask(provability, models.arbiter)).toMatchObject({
    model: { provability: { provable: true, rule: expect.stringMatching(/without a rule: its arbiter rules/) } },
  })
  expect(await ask(provability, models.otherGraph)).toMatchObject({
    model: { provability: { graphRootMatches: false, rule: expect.stringMatching(/not that of its file/) } },
  })
  expect(await ask(provability, models.unknown)).toEqual({ model: { provability: null } })

  const problems = ['No proof is known for the operator LSTM.']
  await recordProvability(journal, { ...row, provable: 0, problems: JSON.stringify(problems), checkedAt: 4 })
  expect(await ask(provability, models.proven)).toMatchObject({
    model: {
      provability: { provable: false, problems, checkedAt: '4', rule: expect.stringMatching(/rules on the rest/) },
    },
  })
})
