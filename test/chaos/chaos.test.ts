import { expect, test } from 'vitest'
import { shortForm } from './forms.ts'
import { runChaos } from './run.ts'

// The short form of `npm run chaos`: ten seeds on one stage. To play it again: npm run chaos -- --short

test('ten seeds of troubles: no false challenge, no missed window, no lost wei, memory flat', async () => {
  const lines: string[] = []
  const summary = await runChaos({ ...shortForm, say: (line) => lines.push(line) })
  console.log(JSON.stringify(summary, null, 2))
  expect(summary.faults, lines.join('\n')).toEqual([])
  expect(summary.account.bad).toBeGreaterThan(shortForm.results / 5)
  expect(summary.reorgs.count).toBeGreaterThanOrEqual(5)
  expect(summary.reorgs.deepest).toBe(20)
}, 1_200_000)
