import type { JournalReader } from '../../journal.ts'
import { percent, whole } from '../amounts.ts'
import { MOST_COUNTED, type Totals } from '../load/totals.ts'
import { Figure, Figures } from './blocks.tsx'
import { Ether } from './words.tsx'

/** Where results can be challenged: what is open, what was caught, and what is behind them. */
export function Challenged({ counts }: { counts: Totals }) {
  const open = (counts.byStatus.posted ?? 0) + (counts.byStatus.challenged ?? 0) + (counts.byStatus.revealed ?? 0)
  const { rejected = 0 } = counts.byStatus
  const settled = rejected + (counts.byStatus.finalized ?? 0)
  return (
    <>
      <p class="lead">
        Nodes post what a model made of an input, under a bond. Watchers replay it and speak against what is wrong; the
        contract decides. <a href="/docs">What each status means</a>
      </p>
      <Figures>
        <Figure
          name="Results"
          value={whole(counts.results)}
          note={`of ${whole(counts.requests)} requests, ${whole(counts.models)} models${counts.byStatus.recorded ? `; ${whole(counts.byStatus.recorded)} more are recorded` : ''}`}
        />
        <Figure
          name="Open now"
          value={atMost(open)}
          note={`${whole((counts.byStatus.challenged ?? 0) + (counts.byStatus.revealed ?? 0))} under challenge`}
        />
        <Figure
          name="Fraud caught"
          value={whole(rejected)}
          note={settled > 0 ? `${percent(rejected / settled)} of what is settled` : 'nothing is settled yet'}
        />
        <Figure
          name="Bonds behind results"
          value={<Ether wei={counts.lockedBonds} />}
          note={
            <>
              and <Ether wei={counts.freeBonds} /> free
            </>
          }
        />
        <Figure name="Taken from cheats" value={<Ether wei={counts.slashed} />} note="of their bonds" />
        <Figure name="Fees not settled" value={<Ether wei={counts.openFees} />} note="waiting for results to stand" />
      </Figures>
    </>
  )
}

/** Where nothing can be challenged: what was recorded, and what this watcher found. */
export function Recorded({
  counts,
  watcher,
}: {
  counts: Totals
  watcher: Awaited<ReturnType<JournalReader['totals']>>
}) {
  const { valid = 0, invalid = 0, undetermined = 0 } = watcher ?? {}
  return (
    <>
      <p class="lead">
        OpenGradient records what models made of inputs, and nobody can challenge it. This watcher replays it and says
        what it found. <a href="/docs">What each status means</a>
      </p>
      <Figures>
        <Figure
          name="Results"
          value={whole(counts.byStatus.recorded ?? 0)}
          note={`recorded, of ${whole(counts.models)} models`}
        />
        <Figure name="Valid" value={<a href="/results?verdict=valid">{whole(valid)}</a>} note="the replay agrees" />
        <Figure
          name="Invalid"
          value={<a href="/results?verdict=invalid">{whole(invalid)}</a>}
          note="two runtimes found otherwise"
        />
        <Figure
          name="Undetermined"
          value={<a href="/results?verdict=undetermined">{whole(undetermined)}</a>}
          note="could not be told"
        />
      </Figures>
    </>
  )
}

/** A count that stops somewhere. */
export function atMost(count: number): string {
  return count >= MOST_COUNTED ? `${whole(MOST_COUNTED)} or more` : whole(count)
}
