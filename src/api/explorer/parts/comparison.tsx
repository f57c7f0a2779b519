import { raw } from 'hono/html'
import type { Preview } from '../../../../journal/previews.ts'
import type { DType, Tensor } from '../../../../protocol/tensor.ts'
import { elementsOf } from '../../../../verdict/elements.ts'
import { measured, whole } from '../amounts.ts'
import { againstChart, deviationChart } from '../charts/charts.ts'
import { legible } from '../legible.ts'
import type { ResultMatter } from '../load/result.ts'
import { Facts, Table } from './blocks.tsx'
import { TensorName } from './tensors.tsx'
import { Said, WhenMs } from './words.tsx'

/** The numbers of a worst element, as a journal's evidence has them; every field may be anything in an old journal. */
interface Evidence {
  readonly kind?: string
  readonly envelope?: number | null
  readonly at?: number | null
  readonly posted?: string | null
  readonly replayed?: string | null
}

/** Up to so many elements a table says more than a chart. */
const FEW = 4
/** Differing elements that are listed. */
const MOST_LISTED = 40

const KINDS: Readonly<Record<string, string>> = {
  distance: 'of the numbers themselves',
  logit: 'of the numbers before the last sigmoid, tanh or softmax',
  label: 'of the chosen label’s score',
  bits: 'of bits that must be equal',
  discrete: 'of a whole number',
  shape: 'of the shape',
  missing: 'an output that was not posted',
  extra: 'an output that the model does not have',
}
const STEPS = {
  bytes: 'equal bits',
  distance: 'a small distance',
  envelope: 'how far honest set-ups lie apart',
  second: 'a second runtime, in a fresh process',
  trace: 'the trace that the node revealed',
} as const

/** Posted against replayed: how far they are apart, what is tolerated, and the elements themselves. */
export function Comparison({ verdict, previews }: Pick<ResultMatter, 'verdict' | 'previews'>) {
  if (!verdict) return <p class="none">The watcher of this index has not replayed it.</p>
  const evidence = (verdict.evidence ? JSON.parse(verdict.evidence) : {}) as Evidence
  const { distance, tolerance } = verdict
  const runtimes = JSON.parse(verdict.runtimes) as string[]
  return (
    <div class="columns">
      <div>
        {verdict.kind === 'valid' && verdict.step === 'bytes' ? (
          <p>
            <span class="tone-good">
              <span aria-hidden="true">✓</span> The same output, bit by bit.
            </span>
          </p>
        ) : null}
        {verdict.kind === 'undetermined' ? <p class="none">Nothing was compared to an end.</p> : null}
        {distance !== null && tolerance !== null && distance > 0 ? (
          <figure>
            {raw(deviationChart({ distance, tolerance, envelope: evidence.envelope ?? null }))}
            <figcaption>
              How far the posted output lies from the replay, on the output's own scale; green is what is tolerated.{' '}
              <a href="/docs#deviation">How it is measured</a>
            </figcaption>
          </figure>
        ) : null}
        {pairsOf(previews).map(({ name, posted, replayed }) => (
          <Pair
            name={name}
            posted={posted}
            replayed={replayed}
            worst={name === verdict.output ? (evidence.at ?? null) : null}
          />
        ))}
      </div>
      <Facts
        of={[
          ['output', verdict.output === null ? undefined : <Said text={verdict.output} most={80} />],
          [
            'difference',
            evidence.kind === undefined ? undefined : (KINDS[evidence.kind] ?? legible(evidence.kind, 40)),
          ],
          ['worst element', worstElement(evidence)],
          ['honest set-ups', evidence.envelope ? `${measured(evidence.envelope)} apart on this machine` : undefined],
          ['settled by', verdict.step ? STEPS[verdict.step] : undefined],
          [
            'replayed with',
            runtimes.length > 0 ? runtimes.map((runtime) => legible(runtime, 80)).join('; ') : undefined,
          ],
          ['judged', <WhenMs at={verdict.judgedAt} />],
        ]}
      />
    </div>
  )
}

function worstElement({ at, posted, replayed }: Evidence) {
  if (posted === undefined && replayed === undefined) return undefined
  const where = typeof at === 'number' ? `number ${whole(at)}: ` : ''
  return `${where}posted ${legible(String(posted ?? 'nothing'), 60)}, replayed ${legible(String(replayed ?? 'nothing'), 60)}`
}

function Pair({
  name,
  posted,
  replayed,
  worst,
}: {
  name: string
  posted: Preview
  replayed: Preview
  worst: number | null
}) {
  const [a, b] = [numbersOf(posted), numbersOf(replayed)]
  const { start } = posted
  const differing = a
    .map((value, i) => ({ at: start + i, posted: value, replayed: b[i] }))
    .filter((row) => !Object.is(row.posted, row.replayed))
  const dims = JSON.parse(posted.dims) as number[]
  const numbers = (
    <Table
      caption={`Elements of ${legible(name, 40)} that differ`}
      head={['element', 'posted', 'replayed', 'difference']}
      rows={differing
        .slice(0, MOST_LISTED)
        .map((row) => [
          whole(row.at),
          String(row.posted),
          row.replayed === undefined ? '–' : String(row.replayed),
          row.replayed === undefined ? '–' : measured(row.posted - row.replayed),
        ])}
      empty="None of the elements that were kept differs."
    />
  )
  return (
    <div class="tensor">
      <TensorName name={name} dtype={posted.dtype} dims={dims} />
      {a.length <= FEW ? (
        numbers
      ) : (
        <>
          <figure>
            {raw(againstChart(legible(name, 40), a, b, start, worst))}
            <figcaption>
              <ul class="legend">
                <li>
                  <Swatch tone="bad" />
                  posted
                </li>
                <li>
                  <Swatch tone="good" />
                  replayed
                </li>
              </ul>
              {`Elements ${whole(start)} to ${whole(start + a.length - 1)}; ${differing.length} of these ${a.length} differ${
                worst === null ? '' : ', the circle marks the worst'
              }.`}
            </figcaption>
          </figure>
          <details>
            <summary>The numbers</summary>
            {numbers}
          </details>
        </>
      )}
    </div>
  )
}

function Swatch({ tone }: { tone: 'good' | 'bad' }) {
  return (
    <svg viewBox="0 0 10 10" aria-hidden="true">
      <circle cx="5" cy="5" r="5" class={`ink-${tone}`} />
    </svg>
  )
}

/** Outputs of which both sides were kept, over the same elements. */
function pairsOf(previews: readonly Preview[]) {
  return previews
    .filter(({ side }) => side === 'posted')
    .flatMap((posted) => {
      const replayed = previews.find(({ side, place }) => side === 'replayed' && place === posted.place)
      return replayed && replayed.dtype === posted.dtype && replayed.dims === posted.dims
        ? [{ name: posted.name, posted, replayed }]
        : []
    })
}

function numbersOf({ dtype, data }: Preview): number[] {
  const tensor: Tensor = { dtype: dtype as DType, dims: [data.length], data: new Uint8Array(data) }
  const elements = elementsOf(tensor)
  return Array.from({ length: elements.length }, (_, i) => elements.number(i))
}
