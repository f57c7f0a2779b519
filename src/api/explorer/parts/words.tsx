import type { Status } from '../../../../protocol/status.ts'
import { isoTime } from '../../iso-time.ts'
import { etherText, moment } from '../amounts.ts'
import { legible, safeLink } from '../legible.ts'

/** A stranger's text, isolated from the direction of what surrounds it. */
export function Said({ text, most }: { text: string; most?: number }) {
  return <bdi class="said">{legible(text, most)}</bdi>
}

/** A stranger's URI: a link only where following it cannot run anything, and one that says nothing of us. */
export function Uri({ uri, most = 120 }: { uri: string; most?: number }) {
  if (uri === '') return <span class="none">none</span>
  const href = safeLink(uri)
  if (!href) return <Said text={uri} most={most} />
  return (
    <a href={href} rel="noopener noreferrer nofollow external" class="out">
      <Said text={uri} most={most} />
    </a>
  )
}

/** A hash, id or address, shortened, with the whole of it as its title; a link where it has a page. */
export function Hash({ value, to }: { value: string; to?: string | undefined }) {
  const code = <code title={value}>{shortHash(value)}</code>
  return to ? <a href={to}>{code}</a> : code
}

/** The same in full, for the page that is about it. */
export function FullHash({ value }: { value: string }) {
  return <code class="full">{value}</code>
}

/** First and last digits of a hash. */
export function shortHash(value: string): string {
  return value.length > 16 ? `${value.slice(0, 8)}…${value.slice(-6)}` : value
}

/** Wei as ether, with the exact number as its title. */
export function Ether({ wei }: { wei: bigint }) {
  return (
    <span class="number" title={`${wei} wei`}>
      {etherText(wei)}
    </span>
  )
}

/** A second of the chain, in UTC. */
export function When({ at }: { at: bigint | string }) {
  const iso = isoTime(at)
  return iso.includes('T') ? <time datetime={iso}>{moment(at)}</time> : <span title={iso}>{moment(at)}</span>
}

/** A millisecond of this watcher's clock, in UTC. */
export function WhenMs({ at }: { at: number }) {
  return <When at={BigInt(Math.floor(at / 1000))} />
}

/** A node's address with a link to its page; in words where its network does not say which node it was. */
export function NodeName({ id }: { id: string | null }) {
  return id ? <Hash value={id} to={`/nodes/${id}`} /> : <span class="none">not named</span>
}

/** What each status looks like: a colour and, for who sees none, a sign. */
const SIGNS: Readonly<Record<Status, readonly [tone: string, sign: string]>> = {
  none: ['quiet', '·'],
  requested: ['quiet', '○'],
  posted: ['open', '◔'],
  challenged: ['warn', '!'],
  revealed: ['warn', '◑'],
  rejected: ['bad', '✕'],
  finalized: ['good', '✓'],
  expired: ['quiet', '–'],
  recorded: ['quiet', '▪'],
}

/** A status as a pill. */
export function StatusPill({ status }: { status: Status }) {
  const [tone, sign] = SIGNS[status]
  return (
    <span class={`pill ${tone}`}>
      <span aria-hidden="true">{sign}</span> {status}
    </span>
  )
}

const VERDICTS = {
  valid: ['good', '✓'],
  invalid: ['bad', '✕'],
  undetermined: ['warn', '?'],
} as const

/** What a watcher found; null where it has not judged. */
export function VerdictPill({ kind }: { kind: keyof typeof VERDICTS | null }) {
  if (!kind) return <span class="none">not judged</span>
  const [tone, sign] = VERDICTS[kind]
  return (
    <span class={`pill plain ${tone}`}>
      <span aria-hidden="true">{sign}</span> {kind}
    </span>
  )
}
