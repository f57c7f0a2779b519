import { raw } from 'hono/html'
import { drawnGraph, makerOf, neighbourhood } from '../charts/operator-graph.tsx'
import { legible } from '../legible.ts'
import type { ResultMatter } from '../load/result.ts'
import { Facts, Scroll, Table } from './blocks.tsx'
import { Ether, Hash, Said, Uri, When } from './words.tsx'

/** How a challenge went: who made it, what was revealed, what decided it. */
export function Challenge({ challenge, conviction }: Pick<ResultMatter, 'challenge' | 'conviction'>) {
  if (!challenge) return <p class="none">Nobody has challenged it.</p>
  return (
    <div class="panel">
      <Facts
        of={[
          ['challenger', <Hash value={challenge.challengerId} to={`/accounts/${challenge.challengerId}`} />],
          ['bond', <Ether wei={challenge.bond} />],
          ['challenged', <When at={challenge.challengedAt} />],
          ['revealed', challenge.revealedAt === null ? undefined : <When at={challenge.revealedAt} />],
          ['trace root', challenge.traceRoot ? <Hash value={challenge.traceRoot} /> : undefined],
          ['trace', challenge.traceUri ? <Uri uri={challenge.traceUri} /> : undefined],
          ['rejected for', challenge.cause ?? undefined],
          [
            'rejected by',
            challenge.rejectedById ? (
              <Hash value={challenge.rejectedById} to={`/accounts/${challenge.rejectedById}`} />
            ) : undefined,
          ],
          ['slashed', challenge.slashed === null ? undefined : <Ether wei={challenge.slashed} />],
          ['of that burnt', challenge.burnt === null ? undefined : <Ether wei={challenge.burnt} />],
          ['proof', conviction ? <Hash value={conviction.proofHash} /> : undefined],
          [
            'convicted by',
            conviction ? <Hash value={conviction.convictorId} to={`/accounts/${conviction.convictorId}`} /> : undefined,
          ],
        ]}
      />
    </div>
  )
}

/** Operators that are drawn around a convicted one. */
const NEAR = 24

/** Where in the model the fraud is: what the watcher's finding names, drawn among the operators around it. */
export function Place({
  finding,
  operators,
  conviction,
  model,
}: Pick<ResultMatter, 'finding' | 'operators' | 'conviction' | 'model'>) {
  if (!finding) return null
  const entry = finding.entry
  const guilty = operators && entry !== null ? makerOf(operators.shown, entry) : undefined
  const shown = operators && guilty !== undefined ? neighbourhood(operators.shown, guilty, NEAR) : undefined
  return (
    <>
      <p>
        {conviction ? 'The proof on chain is about ' : SAYS[finding.kind]}
        <Said text={finding.reason} most={200} />
        {finding.operator ? (
          <>
            {', trace entry '}
            <span class="number">{String(entry)}</span>
          </>
        ) : null}
        .
      </p>
      {shown && operators ? (
        <figure>
          <Scroll label="Operators of the model around the one that was convicted">
            {raw(drawnGraph(model?.modelHash ?? '', shown))}
          </Scroll>
          <figcaption>
            {`The ${shown.operators.length} operators nearest to ${conviction ? 'the convicted one' : 'it'}, of ${operators.all} in the model; number ${guilty}, ${legible(operators.shown[guilty as number]?.type ?? '', 40)}, is marked. Dashed: the contract has no check for it.`}
          </figcaption>
        </figure>
      ) : null}
    </>
  )
}

const SAYS = {
  provable: 'The watcher has a proof about ',
  withheld: 'The watcher must demand data first: ',
  unprovable: 'The watcher has no proof: ',
} as const

/** What was demanded of a trace, and calls on the arbiter. */
export function Demands({ demands, appeals }: Pick<ResultMatter, 'demands' | 'appeals'>) {
  return (
    <>
      {demands.length > 0 ? (
        <Table
          caption="What was demanded of the trace"
          head={['demand', 'status', 'entry', 'chunks', 'fee', 'by', 'until', 'transaction']}
          rows={demands.map((one) => [
            <span id={`demand-${one.id}`}>
              <Hash value={one.id} />
            </span>,
            one.status,
            String(one.entry),
            one.count === 0 ? 'header' : `${one.first}–${one.first + BigInt(one.count) - 1n}`,
            <Ether wei={one.fee} />,
            <Hash value={one.demanderId} to={`/accounts/${one.demanderId}`} />,
            <When at={one.until} />,
            <Hash value={one.transactionHash} />,
          ])}
          empty=""
        />
      ) : null}
      {appeals.length > 0 ? (
        <>
          <h3>Appeals to the arbiter</h3>
          <Table
            caption="Appeals to the model's arbiter"
            head={['by', 'evidence', 'where', 'when', 'transaction']}
            rows={appeals.map((one) => [
              <Hash value={one.appellantId} to={`/accounts/${one.appellantId}`} />,
              <Hash value={one.evidenceHash} />,
              one.uri ? <Uri uri={one.uri} most={80} /> : 'inline',
              <When at={one.appealedAt} />,
              <Hash value={one.transactionHash} />,
            ])}
            empty=""
          />
        </>
      ) : null}
    </>
  )
}
