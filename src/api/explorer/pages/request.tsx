import { loadMatter } from '../load/result.ts'
import type { Page } from '../page.ts'
import { Matter } from './result.tsx'

/** A request that nobody has answered; one that has a result is on the result's page. */
export const requestPage: Page = async (context, _url, id) => {
  const canonical = id.toLowerCase()
  const request = /^0x[0-9a-f]{64}$/.test(canonical) ? await context.loaders.request.load(canonical) : null
  if (!request) return null
  if (request.resultId) return { goTo: `/results/${request.resultId}` }
  return <Matter context={context} matter={await loadMatter(context, request)} />
}
