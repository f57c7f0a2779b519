import type { EchoRow } from '../../loaders.ts'
import type { ResultMatter } from '../load/result.ts'
import { Section, Table } from './blocks.tsx'
import { Hash, When } from './words.tsx'

/** Whether what a contract was given is the inference's own output; null where nothing can be compared. */
export function Agreement({ echo: { agrees, empty } }: { echo: Pick<EchoRow, 'agrees' | 'empty'> }) {
  if (agrees)
    return (
      <span class="tone-good">
        <span aria-hidden="true">✓</span> the same output
      </span>
    )
  if (agrees === false)
    return (
      <span class="tone-bad">
        <span aria-hidden="true">✕</span> another output
      </span>
    )
  return <span class="none">{empty ? 'no output at all' : 'nothing to compare with'}</span>
}

/** Which contracts asked for a result and what each says that it was given; nothing where none says anything. */
export function Echoes({ of: { items, next } }: { of: ResultMatter['echoes'] }) {
  if (items.length === 0) return null
  return (
    <Section
      id="echoes"
      title="Who repeated it"
      lead="Contracts that asked for this inference say in the same transaction what they were given."
    >
      <Table
        caption="Contracts that repeated this result, the latest first"
        head={['contract', 'says', 'run for', 'task', 'when', 'transaction']}
        rows={items.map((one) => [
          <>
            {one.kind} <Hash value={one.contract} />
          </>,
          <Agreement echo={one} />,
          one.callerId ? <Hash value={one.callerId} /> : '–',
          one.taskId ? <Hash value={one.taskId} to={`/tasks/${one.taskId}`} /> : '–',
          <When at={one.saidAt} />,
          <Hash value={one.transactionHash} />,
        ])}
        empty=""
      />
      {next ? <p class="note">{`These are the latest ${items.length}; /graphql has all.`}</p> : null}
    </Section>
  )
}
