import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { canaryVariables } from '../../config/canary.ts'
import { configVariables } from '../../config/config.ts'
import { keyVariables, watcherSecrets, webhookVariables } from '../../config/secret-variables.js'
import { letThrough, root } from './dockerignore.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const known = new Set<string>([...configVariables, ...keyVariables, ...webhookVariables, ...canaryVariables])
const variable = /\b(?:GAINSAY_[A-Z_]+|DATABASE_[A-Z]+|LOG_LEVEL)\b/g
const units = [
  'ops/gainsay-index.service',
  'ops/gainsay-watch.service',
  'ops/gainsay-watch-live.conf',
  'ops/gainsay-canary.service',
]
const ops = readdirSync(join(root, 'ops'), { withFileTypes: true }).filter((entry) => entry.isFile())
const shipped = ['Dockerfile', ...ops.map(({ name }) => `ops/${name}`)]

describe('every variable', () => {
  test.each(shipped.filter((path) => read(path).match(variable)))('that %s names is one that is read', (path) => {
    expect([...new Set(read(path).match(variable))].filter((name) => !known.has(name))).toEqual([])
  })

  test('that is read has its row among the settings, or a step of the first day', () => {
    const rows = [...read('docs/operate.md').matchAll(/^\s*\| (`[^|]*`) \|/gm)].join('\n')
    expect([...known].filter((name) => !rows.includes(`\`${name}\``))).toEqual([])
  })

  test('that docs/operate.md names is one that is read', () => {
    expect([...new Set(read('docs/operate.md').match(variable))].filter((name) => !known.has(name))).toEqual([])
  })
})

interface Service {
  image?: string
  build?: { context: string; dockerfile: string }
  env_file?: string | (string | { path: string })[]
  command?: string[]
  networks?: string[]
  volumes?: string[]
  secrets?: string[]
  security_opt?: string[]
  depends_on?: string[] | Record<string, unknown>
  healthcheck?: { test: string[] }
  environment?: Record<string, unknown>
  ports?: string[]
}
interface Compose {
  services: Record<string, Service>
  networks?: Record<string, unknown>
  volumes?: Record<string, unknown>
  secrets?: Record<string, { file: string }>
}
const compose = parse(read('ops/compose.yml'), { merge: true }) as Compose
const canary = parse(read('ops/compose.canary.yml')) as Compose
const live = parse(read('ops/compose.live.yml')) as Compose
const commands = new Set([...read('cli/main.ts').matchAll(/\.command\('(\w+)'\)/g)].map(([, name]) => name))

const envFiles = ({ env_file: files = [] }: Service) =>
  [files].flat().map((file) => (typeof file === 'string' ? file : file.path))

describe('the compose file', () => {
  const services = Object.entries(compose.services)

  test.each(services)('%s refers to what there is', (_, it) => {
    expect(Object.keys(compose.networks ?? {})).toEqual(expect.arrayContaining(it.networks ?? []))
    expect(Object.keys(compose.secrets ?? {})).toEqual(expect.arrayContaining(it.secrets ?? []))
    const others = Array.isArray(it.depends_on) ? it.depends_on : Object.keys(it.depends_on ?? {})
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(others))
    for (const volume of it.volumes ?? []) {
      const source = volume.split(':')[0] as string
      if (source.startsWith('.')) expect(existsSync(join(root, 'ops', source)), volume).toBe(true)
      else expect(Object.keys(compose.volumes ?? {})).toContain(source)
    }
    for (const option of it.security_opt ?? [])
      if (option.startsWith('seccomp:')) expect(existsSync(join(root, 'ops', option.slice(8)))).toBe(true)
    if (it.build) expect(existsSync(join(root, 'ops', it.build.context, it.build.dockerfile))).toBe(true)
    for (const file of envFiles(it)) expect(existsSync(join(root, 'ops', `${file}.example`)), file).toBe(true)
    if (it.build) expect(commands).toContain(it.command?.[0])
    if (it.build) expect(it.healthcheck?.test).toEqual(['CMD', 'node', '/app/ops/healthcheck.mjs', it.command?.[0]])
  })

  test('publishes nothing beyond this machine, and gives the database to the index alone', () => {
    for (const [, { ports = [] }] of services) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    const near = services.filter(([, { networks }]) => networks?.includes('database')).map(([name]) => name)
    expect(near).toEqual(['index', 'postgres'])
  })

  test('sends nothing by itself; the one beside it gives the watcher alone a key', () => {
    const text = read('ops/compose.yml') + read('ops/gainsay.env.example')
    for (const name of ['GAINSAY_MODE', ...keyVariables]) expect(text).not.toContain(name)
    expect(Object.keys(live.services)).toEqual(['watch'])
    const { environment = {}, secrets = [] } = live.services.watch as Service
    expect(environment.GAINSAY_MODE).toBe('live')
    expect(Object.keys(live.secrets ?? {})).toEqual(secrets)
    for (const path of Object.values(environment).filter((value) => String(value).startsWith('/run/secrets/')))
      expect(secrets).toContain(String(path).slice('/run/secrets/'.length))
  })

  test('gives the canary a key of its own, and the watcher none of it', () => {
    expect(Object.keys(canary.services)).toEqual(['canary'])
    const { environment, secrets, command } = canary.services.canary as Service
    expect(commands).toContain(command?.[0])
    expect(Object.keys(canary.secrets ?? {})).toEqual(secrets)
    expect(environment?.GAINSAY_CANARY_PRIVATE_KEY_FILE).toBe('/run/secrets/canary_key')
    for (const file of envFiles(canary.services.canary as Service))
      expect(existsSync(join(root, 'ops', `${file}.example`))).toBe(true)
    expect(read('ops/compose.yml') + read('ops/compose.live.yml')).not.toMatch(/CANARY|canary/)
  })

  test('shows the index nothing that is the watcher’s alone', () => {
    const text = read('ops/gainsay.env.example') + JSON.stringify(compose.services.index)
    for (const name of watcherSecrets) expect(text).not.toContain(name)
  })

  test('keeps secrets in files that git ignores', () => {
    for (const { file } of Object.values({ ...compose.secrets, ...live.secrets, ...canary.secrets }))
      expect(file).toMatch(/^secrets\//)
    const ignored = read('.gitignore').split('\n')
    for (const path of ['ops/secrets/', 'ops/gainsay.env', 'ops/watch.env', 'ops/canary.env', 'ops/.env'])
      expect(ignored).toContain(path)
  })

  test('is what Prometheus and Grafana look for', () => {
    const { scrape_configs: jobs } = parse(read('ops/prometheus.yml')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[]
    }
    const targets = jobs.flatMap((job) => job.static_configs.flatMap((one) => one.targets))
    const { watch, index } = compose.services
    expect(targets).toEqual([
      `watch:${watch?.environment?.GAINSAY_METRICS_PORT}`,
      `index:${index?.environment?.GAINSAY_PORT}`,
      `canary:${canary.services.canary?.environment?.GAINSAY_CANARY_METRICS_PORT}`,
    ])
    const [source] = (parse(read('ops/grafana-datasource.yml')) as { datasources: { url: string; type: string }[] })
      .datasources
    expect(source).toMatchObject({ type: 'prometheus', url: 'http://prometheus:9090' })
    const [provider] = (parse(read('ops/grafana-dashboards.yml')) as { providers: { options: { path: string } }[] })
      .providers
    expect(compose.services.grafana?.volumes?.some((one) => one.includes(`:${provider?.options.path}/`))).toBe(true)
  })

  test('lets a replay have a network namespace, and no system call that reaches the machine', () => {
    const { defaultAction, syscalls } = JSON.parse(read('ops/seccomp.json'))
    expect([defaultAction, syscalls.length, syscalls[0].action]).toEqual(['SCMP_ACT_ALLOW', 1, 'SCMP_ACT_ERRNO'])
    expect(syscalls[0].names).not.toContain('unshare')
    for (const name of ['mount', 'ptrace', 'bpf', 'kexec_load', 'init_module', 'keyctl', 'process_vm_readv'])
      expect(syscalls[0].names).toContain(name)
  })
})

describe('the image', () => {
  const dockerfile = read('Dockerfile')

  test('is of a Node version named to the last digit, runs as a user without rights, and fetches nothing for GPUs', () => {
    expect(dockerfile).toMatch(/^ARG NODE=\d+\.\d+\.\d+-/m)
    expect(dockerfile.match(/^FROM .*$/gm)).toEqual([`FROM node:\${NODE} AS build`, `FROM node:\${NODE}`])
    expect(dockerfile).toMatch(/^USER node$/m)
    expect(dockerfile).toMatch(/^ENV ONNXRUNTIME_NODE_INSTALL=skip\n(?:.*\n)*RUN npm ci --omit=dev/m)
  })

  test('holds every file that the Dockerfile and the compose file call, and none that is secret', () => {
    const through = letThrough()
    for (const path of through) expect(existsSync(join(root, path)), path).toBe(true)
    const called = [...(dockerfile + read('ops/compose.yml')).matchAll(/\/app\/([\w./-]+\.m?js)/g)].map(([, at]) => at)
    expect(called.length).toBeGreaterThan(2)
    for (const path of called) {
      expect(existsSync(join(root, path as string)), path).toBe(true)
      expect(through.some((one) => path === one || path?.startsWith(`${one}/`))).toBe(true)
    }
    for (const path of ['ops', 'ops/secrets', 'ops/gainsay.env', 'test', '.git', '.gainsay'])
      expect(through).not.toContain(path)
  })
})

describe('the systemd units', () => {
  test.each(units)('%s calls what there is', (path) => {
    const text = read(path)
    for (const [, file] of text.matchAll(/\/opt\/gainsay\/([\w./-]+)/g))
      expect(existsSync(join(root, file as string)), file).toBe(true)
    for (const [, command] of text.matchAll(/^ExecStart=.*gainsay\.js (\w+)$/gm)) expect(commands).toContain(command)
  })

  test('keep what a replay needs: a user and a network namespace, and compiled code', () => {
    const watch = read('ops/gainsay-watch.service')
    expect(watch).toMatch(/^RestrictNamespaces=user net$/m)
    expect(watch).not.toMatch(/^(PrivateUsers|MemoryDenyWriteExecute|PrivateNetwork)=/m)
    expect(watch).not.toMatch(/^SystemCallFilter=~/m)
    for (const path of units.slice(0, 2))
      for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'LimitNOFILE=65536', 'StateDirectory=gainsay'])
        expect(read(path).split('\n')).toContain(line)
  })

  test('show the key to the watcher alone, and only once it is to send', () => {
    for (const path of units.slice(0, 2)) expect(read(path)).not.toMatch(/KEYSTORE|PRIVATE_KEY|GAINSAY_MODE/)
    const text = read('ops/gainsay-watch-live.conf')
    for (const [, name] of text.matchAll(/=%d\/(\w+)/g)) expect(text).toContain(`\nLoadCredential=${name}:`)
  })
})
