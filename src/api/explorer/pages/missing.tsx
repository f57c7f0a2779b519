import type { PageContext } from '../context.ts'
import { Layout } from '../parts/layout.tsx'
import { Said } from '../parts/words.tsx'

/** What is said where there is nothing. */
export function missingPage({ around }: PageContext, url: URL) {
  return (
    <Layout title="Not found" around={around}>
      <h1>Nothing is known of this</h1>
      <p>
        The index has nothing at <Said text={url.pathname} most={160} />. It may not have come to its block yet, a reorg
        may have taken it back, or it was never on this chain.
      </p>
      <p>
        Ids are 0x and 64 hexadecimal digits, addresses 0x and 40. <a href="/results">All results</a>
      </p>
    </Layout>
  )
}
