import { raw } from 'hono/html'
import { abilities } from '../../../../networks/abilities.ts'
import { ruleSentence } from '../../provability.ts'
import { measured, whole } from '../amounts.ts'
import { drawnGraph, MOST_DRAWN, neighbourhood } from '../charts/operator-graph.tsx'
import { legible } from '../legible.ts'
import { operatorsOf } from '../load/journal.ts'
import { SHORT } from '../load/lists.ts'
import { listResults } from '../load/results.ts'
import type { Page } from '../page.ts'
import { Facts, Scroll, Section } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { ModelFile } from '../parts/model-file.tsx'
import { ResultTable } from '../parts/result-table.tsx'
import { FullHash, Hash, shortHash, Uri, When } from '../parts/words.tsx'

const NO_HASH = <span class="none">its network names none</span>

/** One model: its terms, what the contract can prove of it, its operators, its results. */
export const modelPage: Page = async (context, _url, id) => {
  const canonical = id.toLowerCase()
  const model = /^0x[0-9a-f]{64}$/.test(canonical) ? await context.loaders.model.load(canonical) : null
  if (!model) return null
  const [known, operators, results] = await Promise.all([
    model.modelHash ? context.loaders.provability.load(model.modelHash) : null,
    operatorsOf(context.journal, model.modelHash),
    listResults(context, { model: model.id }, SHORT),
  ])
  const { challenges } = abilities[model.network]
  const problems = known ? (JSON.parse(known.problems) as string[]) : []
  const shown = operators ? neighbourhood(operators.shown, undefined) : undefined
  return (
    <Layout title={`Model ${shortHash(model.id)}`} place="/models" around={context.around} live={10}>
      <p class="crumb">
        <a href="/models">Models</a> / model
      </p>
      <h1>
        Model <FullHash value={model.id} />
      </h1>
      <div class="columns">
        <Section id="terms" title="Terms">
          <div class="panel">
            <Facts
              of={[
                ['file', challenges ? <Uri uri={model.uri} /> : <ModelFile uri={model.uri} />],
                ['network', model.network],
                ['sha256', model.modelHash ? <FullHash value={model.modelHash} /> : NO_HASH],
                [
                  'precision',
                  model.precision === 'exact'
                    ? 'exact: the bits must be equal'
                    : 'fp32: any IEEE single-precision runtime',
                ],
                ['tolerance', model.precision === 'exact' ? undefined : measured(Number(model.tolerance) / 1e18)],
                ['rule', challenges ? `${model.rule}${model.lambda > 0 ? `, λ = ${model.lambda}` : ''}` : undefined],
                [
                  'arbiter',
                  model.arbiterId === null ? undefined : BigInt(model.arbiterId) === 0n ? (
                    'nobody'
                  ) : (
                    <Hash value={model.arbiterId} to={`/accounts/${model.arbiterId}`} />
                  ),
                ],
                ['graph root', model.graphRoot ? <Hash value={model.graphRoot} /> : undefined],
                [
                  'registered by',
                  model.registrantId ? (
                    <Hash value={model.registrantId} to={`/accounts/${model.registrantId}`} />
                  ) : undefined,
                ],
                [challenges ? 'registered' : 'first named', <When at={model.registeredAt} />],
                ['requests', whole(model.requestCount)],
              ]}
            />
          </div>
        </Section>
        <Section id="provable" title="What can be proven of it">
          <div class="panel">
            {known ? (
              <>
                <p>{ruleSentence(model, known)}</p>
                <p class="note">{`${whole(known.operators)} operators; the longest sum of products has ${whole(known.largestDot)} terms, which is what the cost of a proof grows with.`}</p>
                {problems.length > 0 ? (
                  <ul>
                    {problems.slice(0, 10).map((problem) => (
                      <li>{legible(problem, 200)}</li>
                    ))}
                  </ul>
                ) : null}
              </>
            ) : (
              <p class="none">
                {challenges
                  ? 'This watcher has not looked at its file.'
                  : 'Nothing: its network has no challenges, so there is nobody to prove anything to.'}
              </p>
            )}
          </div>
        </Section>
      </div>
      {shown && operators ? (
        <Section id="graph" title="Its operators">
          <Scroll label="Operators of the model">{raw(drawnGraph(model.modelHash ?? '', shown))}</Scroll>
          <p class="note">
            {operators.all > MOST_DRAWN
              ? `The first ${MOST_DRAWN} of ${whole(operators.all)}, in the order in which they run. `
              : ''}
            Dashed: the contract has no check for it.
          </p>
        </Section>
      ) : null}
      <Section id="results" title="Its latest results">
        <ResultTable
          caption="Latest results of this model"
          results={results.items}
          without="model"
          empty="It has no results yet."
        />
        {results.next ? (
          <nav class="pages" aria-label="More results of this model">
            <a href={`/results?model=${model.id}`}>all its results →</a>
          </nav>
        ) : null}
      </Section>
    </Layout>
  )
}
