import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What pages need beside themselves. Served from this process, so that a page asks nobody else for anything. */
const FILES = {
  'explorer.css': 'text/css; charset=utf-8',
  'live.js': 'text/javascript; charset=utf-8',
  'mark.svg': 'image/svg+xml',
} as const
export type AssetName = keyof typeof FILES

interface Asset {
  readonly body: string
  readonly type: string
  readonly version: string
}

const assets = new Map<string, Asset>(
  Object.entries(FILES).map(([name, type]) => {
    const body = readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8')
    return [name, { body, type, version: createHash('sha256').update(body).digest('hex').slice(0, 12) }]
  }),
)

/** Where a file is, with its version in the address: a browser may keep it for ever, and gets another one after an update. */
export function assetUrl(name: AssetName): string {
  return `/assets/${assets.get(name)?.version}/${name}`
}

/** The file at an address; undefined for one of another version or name. */
export function assetAt(version: string, name: string): Asset | undefined {
  const asset = assets.get(name)
  return asset?.version === version ? asset : undefined
}
