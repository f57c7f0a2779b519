import { zeroAddress } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Attack, Props } from './attack.ts'
import { copycat } from './copycat.ts'
import { frontRunner } from './front-runner.ts'
import { griefer } from './griefer.ts'
import { Play } from './play.ts'
import { selfChallenger } from './self-challenger.ts'
import { silentNode } from './silent-node.ts'
import { spammer } from './spammer.ts'
import { type Stage, startStage } from './stage.ts'
import { type Row, tableOf } from './table.ts'
import { withholdingNode } from './withholding-node.ts'
import { honest, lie } from './work.ts'

// Every adversary against the real `gainsay watch`, in live mode, with a real chain and index: who gains what.
// `npx vitest run test/adversaries` prints the table of docs/threat-model.md.

const attacks: Attack[] = [
  ...[...frontRunner, ...copycat, ...selfChallenger],
  ...[...griefer, ...silentNode, ...withholdingNode, ...spammer],
]

let stage: Stage
let props: Props
const rows: Row[] = []

beforeAll(async () => {
  stage = await startStage()
  const { judge } = stage
  const registered = (bounds: boolean, arbiter: `0x${string}`) => stage.register(judge, { bounds, arbiter })
  props = {
    models: {
      judged: await registered(true, judge.address),
      ruled: await registered(false, judge.address),
      unruled: await registered(true, zeroAddress),
    },
    ...{ honest: await honest(), lie: await lie() },
  }
})

afterAll(async () => {
  console.log(tableOf(rows))
  await stage?.stop()
})

for (const attack of attacks) test(`${attack.who}: ${attack.does}`, { timeout: 180_000 }, () => played(attack))

async function played(attack: Attack): Promise<void> {
  const it = new Play(stage, attack.settings)
  await it.begin()
  try {
    const expected = await attack.play(it, props)
    await it.rests()
    const { gains, gas } = await it.end()
    rows.push({ who: attack.who, does: attack.does, gains, gas })
    expect(gains).toEqual({ watcher: 0n, adversary: 0n, node: 0n, requester: 0n, burnt: 0n, ...expected })
    expect(await it.watcher.trips()).toHaveLength(attack.trips ?? 0)
    expect(await it.watcher.ledgerDifferences()).toEqual([])
  } catch (error) {
    console.log(it.watcher.log().slice(-6000))
    throw error
  } finally {
    await it.watcher.stop()
  }
}
