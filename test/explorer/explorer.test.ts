import { afterAll, beforeAll, describe } from 'vitest'
import { testBrowsed } from './browsed.ts'
import { testFetched } from './fetched.ts'
import { testOpenGradientPages } from './fetched-opengradient.ts'
import { type ExplorerStage, stageExplorer } from './stage.ts'

describe('the explorer', () => {
  let it: ExplorerStage

  beforeAll(async () => {
    it = await stageExplorer()
  }, 300_000)
  afterAll(async () => {
    await it?.stop()
  })

  testFetched(() => it)
  testOpenGradientPages(() => it)
  testBrowsed(() => it)
})
