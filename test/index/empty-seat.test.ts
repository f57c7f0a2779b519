import { afterAll, beforeAll, expect, test } from 'vitest'
import { type IndexProcess, startIndex } from './support/index-process.ts'
import { CHALLENGE_BOND, inline, NOBODY, NODE_BOND, type Stage, sha256, startStage } from './support/stage.ts'

let stage: Stage
let index: IndexProcess

beforeAll(async () => {
  stage = await startStage({ seated: false })
  await stage.mine(35)
  index = await startIndex(stage)
})
afterAll(async () => {
  await index?.stop()
  await stage?.stop()
})

test('where nobody sits in the conviction seat the history is complete without', async () => {
  const { cast, move } = stage
  const terms = { modelHash: sha256('model'), graphRoot: sha256('graph'), uri: 'ipfs://model', arbiter: cast.arbiter }
  const modelId = await move(cast.registrant, 'registerModel', [
    { ...terms, precision: 1, tolerance: 1n, rule: 0, lambda: 0 },
  ])
  await move(cast.node, 'bond', [], NODE_BOND)
  const deadline = (await stage.now()) + 100n
  const requestId = await move(cast.requester, 'request', [modelId, NOBODY, inline('input'), deadline], 1n)
  const resultId = await move(cast.node, 'post', [requestId, inline('output')])
  await move(cast.watcher, 'challenge', [resultId], CHALLENGE_BOND)
  await index.reached(await stage.head())
  expect(
    await index.ask(`{ index { contract conviction } demands { totalCount } convictions { totalCount }
      results { items { id status conviction { id } demands { totalCount items { id } } appeals { totalCount } } } }`),
  ).toEqual({
    index: { contract: stage.contract, conviction: null },
    demands: { totalCount: 0 },
    convictions: { totalCount: 0 },
    results: {
      items: [
        {
          ...{ id: resultId, status: 'challenged', conviction: null },
          ...{ demands: { totalCount: 0, items: [] }, appeals: { totalCount: 0 } },
        },
      ],
    },
  })
})
