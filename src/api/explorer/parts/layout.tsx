import type { FC, PropsWithChildren } from 'hono/jsx'
import type { Principal } from '../../../../config/principal.ts'
import type { NetworkName } from '../../../../networks/network.ts'
import { whole } from '../amounts.ts'
import { assetUrl } from '../assets.ts'
import { FullHash, When } from './words.tsx'

/** What every page shows around its own content. */
export interface Surroundings {
  readonly principal: Principal
  readonly networks: readonly NetworkName[]
  readonly blockNumber: bigint
  readonly timestamp: bigint
}

/** Entries of the navigation; one with a network is there where that is followed. */
const PLACES: readonly (readonly [href: string, name: string, network?: NetworkName])[] = [
  ['/', 'Overview'],
  ['/results', 'Results'],
  ['/models', 'Models'],
  ['/nodes', 'Nodes'],
  ['/tasks', 'Tasks', 'opengradient'],
  ['/batches', 'LLM calls', 'opengradient'],
  ['/analytics', 'Analytics'],
  ['/watcher', 'Watcher'],
  ['/docs', 'Docs'],
]

/**
 * The page around a page. What is inside `main` and `footer` is replaced while it is open, see `assets/live.js`; `news`
 * says to a screen reader what a replacement brought.
 *
 * @param place which entry of the navigation this page is under
 * @param state what the page is about, in a few words: a change of it is read out
 * @param live seconds between looks for something new; none where nothing can change
 */
export const Layout: FC<
  PropsWithChildren<{
    title: string
    place?: string
    query?: string
    state?: string
    live?: number | undefined
    around: Surroundings
  }>
> = ({ title, place, query, state, live, around, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <title>{`${title} · Gainsay`}</title>
      <link rel="stylesheet" href={assetUrl('explorer.css')} />
      <link rel="icon" href={assetUrl('mark.svg')} type="image/svg+xml" />
      <script src={assetUrl('live.js')} defer></script>
    </head>
    <body>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header>
        <div class="bar">
          <a class="brand" href="/">
            <img src={assetUrl('mark.svg')} alt="" width="22" height="22" />
            Gainsay
          </a>
          <nav aria-label="Pages">
            <ul>
              {PLACES.filter(([, , network]) => !network || around.networks.includes(network)).map(([href, name]) => (
                <li>
                  <a href={href} aria-current={href === place ? 'page' : undefined}>
                    {name}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <search>
            <form action="/search">
              <label class="unseen" for="q">
                Find an id, hash or address
              </label>
              <input
                id="q"
                name="q"
                type="search"
                placeholder="id, hash or address"
                value={query}
                maxlength={200}
                autocomplete="off"
                spellcheck={false}
              />
              <button type="submit">Find</button>
            </form>
          </search>
        </div>
      </header>
      <main id="main" tabindex={-1} data-state={state} data-live={live}>
        {children}
      </main>
      <p id="news" class="unseen" role="status" aria-live="polite"></p>
      <footer id="footer">
        <div class="bar">
          <p>
            Indexed to block <span class="number">{whole(around.blockNumber)}</span>
            {around.timestamp > 0n ? (
              <>
                {' of '}
                <When at={around.timestamp} />
              </>
            ) : null}
            {` on chain ${around.principal.chainId}, ${around.principal.network === 'gainsay' ? 'contract' : 'OpenGradient’s precompile'} `}
            <FullHash value={around.principal.contract} />
          </p>
          <ul class="links">
            <li>
              <a href="/graphql">GraphQL</a>
            </li>
            <li>
              <a href="/openapi.json">OpenAPI</a>
            </li>
            <li>
              <a href="/readiness">readiness</a>
            </li>
          </ul>
        </div>
      </footer>
    </body>
  </html>
)
