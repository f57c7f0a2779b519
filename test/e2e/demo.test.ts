import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { cheats } from '../../demo/cheats/index.ts'
import { demoModels } from '../../demo/models.ts'
import { planRun } from '../../demo/plan.ts'
import { randomFrom } from '../../demo/random.ts'
import { DemoRun } from './demo-run.ts'

let run: DemoRun | undefined

afterEach(async () => {
  await run?.stop()
})

/** How many of a run's results are fraudulent: known before it starts, from its seed alone. */
function frauds({ results, seed }: { results: number; seed: number }): number {
  const names = demoModels().map(({ name }) => name)
  return planRun(results, names, cheats, randomFrom(seed)).filter(({ cheat }) => cheat !== null).length
}

async function expectEverythingRight(demo: DemoRun, options: { results: number; seed: number }): Promise<void> {
  const fraudulent = frauds(options)
  const report = await demo.report()
  expect(report).toMatchObject({
    results: options.results,
    fraudulent,
    honest: options.results - fraudulent,
    challenged: fraudulent,
    falseChallenges: 0,
    missed: 0,
    undetermined: 0,
    rejected: fraudulent,
    finalized: options.results - fraudulent,
    // Half of the bond of 1 ETH for each.
    rewardWei: String(BigInt(fraudulent) * 5n * 10n ** 17n),
  })

  const { watcher } = await demo.about()
  const challenged = await demo.events('Challenged')
  expect(challenged).toHaveLength(fraudulent)
  expect(new Set(challenged.map(({ args }) => args.resultId)).size).toBe(fraudulent)
  expect(new Set(challenged.map(({ args }) => args.challenger))).toEqual(new Set([watcher]))

  // The last settlement is on chain a moment before index and watcher have seen it.
  let views = await demo.threeViews()
  for (let tries = 0; tries < 40 && JSON.stringify(views.journal) !== JSON.stringify(views.chain); tries++) {
    await sleep(500)
    views = await demo.threeViews()
  }
  expect(views.chain).toHaveLength(options.results)
  expect(views.index).toEqual(views.chain)
  expect(views.journal).toEqual(views.chain)
  const done = views.challenges.filter(({ state }) => state === 'done')
  expect(new Set(done.map(({ resultId }) => resultId)).size).toBe(fraudulent)
  const onChain = new Set(challenged.map(({ transactionHash }) => transactionHash as string))
  const mined = views.attempts.filter(({ hash, state }) => state === 'mined' && onChain.has(hash))
  expect(mined).toHaveLength(fraudulent)
}

describe('gainsay demo', { timeout: 300_000 }, () => {
  test('catches every fraud and wrongs nobody though the watcher is killed twice', async () => {
    const options = { results: 20, seed: 7 }
    run = new DemoRun(options)
    await run.until('Challenged', 1)
    const first = run.killWatcher()
    await run.until('Challenged', 4)
    let second = first
    while (second === first) {
      await sleep(100)
      try {
        second = run.killWatcher()
      } catch {
        // The new watcher has not written its pid yet.
      }
    }
    await expectEverythingRight(run, options)
    expect(await run.stop()).toBe(0)
  })

  test('leaves index, journal and chain in agreement after reorgs', async () => {
    const options = { results: 20, seed: 8 }
    run = new DemoRun(options)
    await run.until('Posted', 6)
    await run.reorg(3)
    await run.until('Challenged', 3)
    await run.reorg(5)
    await run.until('Rejected', 1)
    await run.reorg(2)
    await expectEverythingRight(run, options)
  })
})
