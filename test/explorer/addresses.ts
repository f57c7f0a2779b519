import type { ExplorerStage } from './stage.ts'

/** The address of every page there is, by what it shows. */
export function addressesOf({
  convicted,
  valid,
  hostile,
  modelHash,
  played,
  stage,
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
    models: '/models',
    model: `/models/${played.models.fp32}`,
    'hostile model': `/models/${played.models.hostile}`,
    nodes: '/nodes',
    node: `/nodes/${stage.cast.node}`,
    account: `/accounts/${stage.cast.watcher}`,
    analytics: '/analytics',
    'analytics of a day': '/analytics?from=2020-01-01&to=%3Cscript%3E',
    watcher: '/watcher',
    search: `/search?q=${modelHash}`,
    docs: '/docs?query=latest',
    missing: `/results/0x${'0'.repeat(64)}`,
  }
}
