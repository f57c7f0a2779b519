import { readdirSync, readFileSync } from 'node:fs'

/** A query worth reading: what it asks, in a sentence, and how. */
export interface Example {
  /** the file's, without its number */
  name: string
  question: string
  query: string
}

/**
 * The example queries, in the order of their files: tabs of GraphiQL, the cookbook in docs/query.md, and run by a test
 * against a real history. Each begins with its question as a comment.
 */
export function examples(): Example[] {
  const folder = new URL('examples/', import.meta.url)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8').trim()
      const [comment = '', ...query] = text.split('\n')
      return {
        name: file.replace(/^\d+-|\.graphql$/g, ''),
        question: comment.replace(/^# /, ''),
        query: query.join('\n'),
      }
    })
}
