import type { ExplorerStage } from './stage.ts'
import { evil } from './wares.ts'

/** The address of every page there is, by what it shows. */
export function addressesOf({
  convicted,
  valid,
  hostile,
  modelHash,
  played,
  stage,
  opengradient: { results, tasks, batches },
}: ExplorerStage): Record<string, string> {
  return {
    overview: '/',
    results: '/results',
    'convicted result': `/results/${convicted}`,
    'finalized result': `/results/${valid}`,
    'hostile result': `/results/${hostile}`,
    'disputed result': `/results/${played.results.demanded}`,
    'ruled result': `/results/${played.results.ruled}`,
    'open request': `/requests/${played.requests.open}`,
    'repeated result': `/results/${results.get('repeated')}`,
    'contradicted result': `/results/${results.get('scheduled 1')}`,
    'hostile recorded result': `/results/${results.get(evil.name)}`,
    'result that is no tensors': `/results/${results.get('unfilled')}`,
    models: '/models',
    model: `/models/${played.models.fp32}`,
    'hostile model': `/models/${played.models.hostile}`,
    nodes: '/nodes',
    node: `/nodes/${stage.cast.node}`,
    account: `/accounts/${stage.cast.watcher}`,
    analytics: '/analytics',
    'analytics of a day': '/analytics?from=2020-01-01&to=%3Cscript%3E',
    tasks: '/tasks',
    task: `/tasks/${tasks.running}`,
    batches: '/batches',
    'batch with findings': `/batches/${batches.mismatch}`,
    'hostile batch': `/batches/${batches.hostile}`,
    watcher: '/watcher',
    search: `/search?q=${modelHash}`,
    docs: '/docs?query=latest',
    missing: `/results/0x${'0'.repeat(64)}`,
  }
}
