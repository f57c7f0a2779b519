// Whether the processes in this container do their work: 0 if they do, else 1 and a line that says what is wrong.
// `node ops/healthcheck.mjs [index] [watch]`; without a name, what the container runs by itself: both.
const { GAINSAY_PORT: port = '42069', GAINSAY_METRICS_PORT: metrics } = process.env
/** Seconds without a good round after which a watcher is not well; the alert GainsayRoundsStopped comes a little later. */
const LONGEST_ROUND_S = 120

const get = (url) => fetch(url, { signal: AbortSignal.timeout(8_000) })

const checks = {
  // Ponder's own: a long first sync is no illness. Whether the index is at the head is `/readiness`.
  async index() {
    const { status } = await get(`http://127.0.0.1:${port}/health`)
    if (status !== 200) return `the API answers ${status}`
  },
  async watch() {
    if (!metrics) return
    const response = await get(`http://127.0.0.1:${metrics}/metrics`)
    if (response.status !== 200) return `/metrics answers ${response.status}`
    const age = /^gainsay_last_round_age_seconds (\S+)$/m.exec(await response.text())?.[1]
    if (age === undefined) return 'no round has ended well yet'
    if (Number(age) > LONGEST_ROUND_S) return `no round has ended well for ${Math.round(Number(age))} s`
  },
}

const names = process.argv.slice(2)
const troubles = await Promise.all(
  (names.length === 0 ? Object.keys(checks) : names).map(async (name) => {
    const trouble = await checks[name]().catch((error) => `no answer (${error.cause?.code ?? error.name})`)
    return trouble && `${name}: ${trouble}`
  }),
)
const wrong = troubles.filter(Boolean)
if (wrong.length > 0) console.log(wrong.join('; '))
process.exit(wrong.length > 0 ? 1 : 0)
