import { abilities } from '../../../../networks/abilities.ts'
import { measured, whole } from '../amounts.ts'
import { listModels } from '../load/lists.ts'
import type { Page } from '../page.ts'
import { Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { More } from '../parts/more.tsx'
import { Hash, Uri, When } from '../parts/words.tsx'

/** All registered models. */
export const modelsPage: Page = async (context, url) => {
  const after = url.searchParams.get('after') ?? undefined
  const { items, next } = await listModels(after)
  const provable = await Promise.all(
    items.map(({ modelHash }) => modelHash && context.loaders.provability.load(modelHash)),
  )
  return (
    <Layout title="Models" place="/models" around={context.around}>
      <h1>Models</h1>
      <p class="lead">
        A model is an ONNX file, registered with how its outputs are compared and how a dispute about them ends; on
        networks without challenges, whatever file an inference has named.
      </p>
      <Table
        caption="Models, newest first"
        head={[
          'model',
          'network',
          'file',
          'requests',
          'compared',
          'tolerance',
          'convicted by',
          'provable',
          'registered',
        ]}
        rows={items.map((model, index) => {
          const known = provable[index]
          return [
            <Hash value={model.id} to={`/models/${model.id}`} />,
            model.network,
            <span class="text">
              <Uri uri={model.uri} most={120} />
            </span>,
            whole(model.requestCount),
            model.precision,
            model.precision === 'exact' ? 'none' : measured(Number(model.tolerance) / 1e18),
            abilities[model.network].challenges ? model.rule : <span class="none">nothing</span>,
            !known ? (
              <span class="none">not looked at</span>
            ) : known.provable === 1 ? (
              <span class="tone-good">all {whole(known.operators)} operators</span>
            ) : (
              <span class="tone-warn">in part</span>
            ),
            <When at={model.registeredAt} />,
          ]
        })}
        empty="No model is registered yet."
      />
      <More path="/models" next={next} isFirst={!after} />
    </Layout>
  )
}
