import { type Attack, slashed } from './attack.ts'
import { shares, terms } from './stage.ts'

/** Posts something wrong, and has nothing to show when it is challenged. */
export const silentNode: Attack[] = [
  {
    who: 'silent node',
    does: 'posts a wrong output and never reveals',
    async play(it, { models, lie }) {
      const result = await it.post(models.judged, lie)
      await it.becomes(result, 'challenged')
      await it.stage.pass(terms.revealWindow + 1n)
      await it.becomes(result, 'rejected')
      return { watcher: shares.reward, ...slashed }
    },
  },
]
