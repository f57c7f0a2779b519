import { Agent, request } from 'node:http'
import { percentile } from '../report.ts'

/** One request. */
export interface Ask {
  path: string
  /** posted as JSON; a plain GET without */
  body?: string
  headers?: Record<string, string>
}

/** What a server did under load: latencies in ms, as each asker saw them. */
export interface Load {
  latencies: number[]
  seconds: number
  /** of all bodies, as transferred */
  bytes: number
}

/**
 * Some askers, each of whom asks again as soon as it is answered, on a connection of its own that stays open.
 *
 * @param ask the n-th request
 * @param limits ends after so many seconds, or after so many requests
 * @throws Error when an answer is an error
 */
export async function loadOf(
  apiUrl: string,
  ask: (n: number) => Ask,
  { askers, seconds, most = Number.POSITIVE_INFINITY }: { askers: number; seconds: number; most?: number },
): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: askers })
  const latencies: number[] = []
  let bytes = 0
  let asked = 0
  const start = performance.now()
  const end = start + seconds * 1000
  const asker = async () => {
    while (performance.now() < end && asked < most) {
      const one = ask(asked++)
      const from = performance.now()
      const size = await answerOf(agent, apiUrl, one)
      latencies.push(performance.now() - from)
      bytes += size
    }
  }
  try {
    await Promise.all(Array.from({ length: askers }, asker))
    return { latencies, seconds: (performance.now() - start) / 1000, bytes }
  } finally {
    agent.destroy()
  }
}

/** The middle latency and that which one in a hundred exceeds, in ms. */
export function latencyOf({ latencies }: Load): { p50: number; p99: number } {
  return { p50: percentile(latencies, 0.5) ?? Number.NaN, p99: percentile(latencies, 0.99) ?? Number.NaN }
}

function answerOf(agent: Agent, apiUrl: string, { path, body, headers }: Ask): Promise<number> {
  return new Promise((done, failed) => {
    const method = body === undefined ? 'GET' : 'POST'
    const type =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request(apiUrl + path, { agent, method, headers: { ...type, ...headers } }, (response) => {
      const parts: Buffer[] = []
      let size = 0
      response.on('data', (part: Buffer) => {
        parts.push(part)
        size += part.length
      })
      response.on('error', failed)
      response.on('end', () => {
        const text = Buffer.concat(parts)
        const isRight = response.statusCode === 200 || response.statusCode === 304
        // Of GraphQL's answers errors come first or last.
        if (isRight && !(body !== undefined && text.includes('"errors":'))) done(size)
        else failed(new Error(`${path} answered ${response.statusCode}: ${text.subarray(0, 500)}\n${body ?? ''}`))
      })
    })
    sent.on('error', failed)
    sent.end(body)
  })
}
