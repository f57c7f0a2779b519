import { isSettled, type Status } from '../../../../protocol/status.ts'
import type { TimelineRow } from '../../loaders.ts'
import { duration } from '../amounts.ts'
import { Hash, StatusPill, When } from './words.tsx'

/** The way from request to settlement, one step after the other, and what may come next. */
export function Way({
  timeline,
  now,
  windowEnd,
}: {
  timeline: readonly TimelineRow[]
  now: Status
  windowEnd: bigint
}) {
  return (
    <ol class="way">
      {timeline.map(({ to, timestamp, actorId }, index) => {
        const before = timeline[index - 1]
        return (
          <li>
            <span class="step">
              <StatusPill status={to as Status} />
            </span>
            <When at={timestamp} />
            {before ? <small>{`after ${duration(Number(timestamp - before.timestamp))}`}</small> : null}
            <small>
              by <Hash value={actorId} to={`/accounts/${actorId}`} />
            </small>
          </li>
        )
      })}
      {isSettled(now) ? null : (
        <li class="later">
          <span class="step">then, at the earliest</span>
          <When at={windowEnd} />
          <small>{NEXT[now] ?? ''}</small>
        </li>
      )}
    </ol>
  )
}

const NEXT: Partial<Record<Status, string>> = {
  requested: 'it expires if no node answers',
  posted: 'it is final if nobody challenges it',
  challenged: 'it is rejected if its node stays silent',
  revealed: 'it is final if nobody convicts it',
}
