/** What the demo shows of the API's answers. */
export interface Shown {
  watcher: { observed: number; undetermined: number; openActions: number } | null
  results: {
    items: {
      id: `0x${string}`
      status: string
      node: { id: string }
      replay: { verdict: string; distance: number | null } | null
    }[]
  }
}

const QUERY = `{
  watcher { observed undetermined openActions }
  results(first: 20) { items { id status node { id } replay { verdict distance } } }
}`

/** Asks Gainsay's API as a user would; undefined while it is not up. */
export async function askApi(apiUrl: string): Promise<Shown | undefined> {
  try {
    const response = await fetch(`${apiUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY }),
      signal: AbortSignal.timeout(5000),
    })
    const { data } = (await response.json()) as { data?: Shown }
    return data ?? undefined
  } catch {
    return undefined
  }
}
