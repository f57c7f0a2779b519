import type { Child } from 'hono/jsx'
import type { PageContext } from './context.ts'

/** What a page makes of an address: HTML, another address to go to, or nothing, where there is no such thing. */
export type Page = (context: PageContext, url: URL, id: string) => Promise<Child | { readonly goTo: string } | null>
