import { addressOf, idOf } from './ids.ts'
import type { Question } from './questions.ts'

/**
 * The pages for people that this version serves; and those that it does not, to be said. Each time by another address, so that
 * none is taken from what the explorer keeps of a page for a moment.
 */
export async function pages(apiUrl: string, results: number): Promise<{ served: Question[]; missing: string[] }> {
  const paths = [
    '/',
    '/results',
    '/results?status=posted',
    `/results/${idOf(`result ${Math.floor(results / 2)}`)}`,
    '/models',
    `/models/${idOf('model 0')}`,
    '/nodes',
    `/nodes/${addressOf('node 0')}`,
    `/accounts/${addressOf('requester 0')}`,
    '/watcher',
    '/analytics',
    `/search?q=${idOf(`result ${Math.floor(results / 3)}`)}`,
  ]
  const served: Question[] = []
  const missing: string[] = []
  for (const path of paths) {
    const response = await fetch(apiUrl + path, { headers: { accept: 'text/html' }, redirect: 'manual' })
    await response.arrayBuffer()
    const anew = (n: number) => ({ path: `${path}${path.includes('?') ? '&' : '?'}anew=${n}` })
    if (response.status === 200) served.push({ name: path.replace(/0x[0-9a-f]+/, '<id>'), ours: anew })
    else missing.push(`${path.replace(/0x[0-9a-f]+/, '<id>')} (${response.status})`)
  }
  return { served, missing }
}
