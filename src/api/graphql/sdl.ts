/** The arguments of every list, to be put between the brackets of its field. */
export const PAGING = /* GraphQL */ `
  "How many rows, 1 to 1000"
  first: Int = 50
  "Continue after this cursor: the endCursor of the page before"
  after: String
  "End right before this cursor: the startCursor of the page after. Not together with after"
  before: String
`

/** The same of a list that can be turned round. */
export const DIRECTED = /* GraphQL */ `
  ${PAGING}
  "Descending (newest first) or ascending"
  direction: Direction = desc
`

/** The SDL of one page of a list of this type. */
export function pageOf(type: string, name = `${type}Page`): string {
  return /* GraphQL */ `
  "One page of a list"
  type ${name} {
    "The rows, in the order of the list"
    items: [${type}!]!
    "Where the next page begins, for after; null on the last one"
    endCursor: String
    "Where this page stands in the list"
    pageInfo: PageInfo!
    "How many rows the whole list has, counted only when asked for"
    totalCount: Int!
  }
`
}
