/**
 * Asks a Gainsay API whether results can be relied on. No dependencies; runs wherever `fetch` does. Types in `index.d.ts`.
 */

const ID = /^0x[0-9a-fA-F]{64}$/
/** Most ids that the API takes at once. */
const BATCH = 200

export class GainsayError extends Error {
  name = 'GainsayError'
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

export class GainsayClient {
  #url
  #fetch
  #timeoutMs
  /** Last answer by path: asked again with its ETag, an unchanged one costs no body. */
  #known = new Map()
  #kept

  constructor(url, { fetch = globalThis.fetch, timeoutMs = 10_000, keep = 1000 } = {}) {
    this.#url = String(url).replace(/\/+$/, '')
    this.#fetch = fetch
    this.#timeoutMs = timeoutMs
    this.#kept = keep
  }

  async status(id) {
    return this.#ask(`/results/${checked(id)}/status`, true)
  }

  async statuses(ids) {
    const unique = [...new Set(Array.from(ids, checked))]
    const found = new Map()
    for (let i = 0; i < unique.length; i += BATCH) {
      const { statuses } = await this.#ask(`/results/status?ids=${unique.slice(i, i + BATCH).join(',')}`, false)
      for (const [id, status] of Object.entries(statuses)) found.set(id, status)
    }
    return found
  }

  async attestations(id) {
    return (await this.#ask(`/results/${checked(id)}/attestations`, false)).attestations
  }

  async isReliable(id, outputHash) {
    const status = await this.status(id)
    if (status?.reliable !== 'yes') return false
    return outputHash === undefined || status.outputHash === outputHash.toLowerCase()
  }

  async settled(id, { pollMs = 5000, signal } = {}) {
    for (;;) {
      const status = await this.status(id)
      if (status && status.reliable !== 'not yet') return status
      await pause(pollMs, signal)
    }
  }

  badgeUrl(id) {
    return `${this.#url}/results/${checked(id)}/badge.svg`
  }

  cardUrl(id) {
    return `${this.#url}/results/${checked(id)}/card`
  }

  async #ask(path, mayBeAbsent) {
    const before = this.#known.get(path)
    const headers = { accept: 'application/json', ...(before && { 'if-none-match': before.etag }) }
    const signal = AbortSignal.timeout(this.#timeoutMs)
    let response
    try {
      response = await this.#fetch(this.#url + path, { headers, signal })
    } catch (error) {
      throw new GainsayError(`the Gainsay API at ${this.#url} does not answer: ${error?.message ?? error}`)
    }
    if (response.status === 304 && before) return before.body
    const body = await response.json().catch(() => undefined)
    if (response.status === 404 && mayBeAbsent && body?.error) return null
    if (!response.ok || body === undefined)
      throw new GainsayError(body?.error ?? `the Gainsay API answered ${response.status}`, response.status)
    const etag = response.headers.get('etag')
    this.#known.delete(path)
    if (etag) this.#known.set(path, { etag, body })
    if (this.#known.size > this.#kept) this.#known.delete(this.#known.keys().next().value)
    return body
  }
}

function checked(id) {
  if (!ID.test(id))
    throw new GainsayError(`not a result id: 0x and 64 hex digits are needed, not ${String(id).slice(0, 80)}`)
  return id.toLowerCase()
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const over = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', over)
      resolve()
    }, ms)
    signal?.addEventListener('abort', over, { once: true })
  })
}
