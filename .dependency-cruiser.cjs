/** Who may import whom: the house's rules, enforced. See docs/protocol.md for the picture. */
const folder = (...names) => `^(${names.join('|')})/`

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-core',
      comment: 'protocol/ and verdict/ do no I/O: no Node modules but hashing and compressing, no chain, no runtime',
      severity: 'error',
      from: { path: folder('protocol', 'verdict') },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib)$' },
    },
    {
      name: 'pure-core-imports',
      comment: 'protocol/ and verdict/ import only themselves and libraries that do no I/O',
      severity: 'error',
      from: { path: folder('protocol', 'verdict') },
      to: { pathNot: ['^(protocol|verdict)/', 'node_modules/(onnx-buf|@bufbuild)/', '^(node:)?(crypto|zlib)$'] },
    },
    {
      name: 'networks-are-pure',
      comment: 'networks/ says what events mean: no I/O, no runtime, nothing of the index or the watcher',
      severity: 'error',
      from: { path: folder('networks') },
      to: {
        pathNot: ['^(networks|protocol)/', '^config/opengradient\\.ts$', '^(node:)?crypto$', 'node_modules/viem/'],
      },
    },
    {
      name: 'protocol-below-verdict',
      severity: 'error',
      from: { path: folder('protocol') },
      to: { path: folder('verdict') },
    },
    {
      name: 'index-knows-no-watcher',
      comment: 'the index says what the chain did; it must not depend on what we believe',
      severity: 'error',
      from: { path: '^(src/|ponder\\.)' },
      to: { path: folder('watcher', 'replay', 'node', 'cli', 'demo', 'bench', 'test') },
    },
    {
      name: 'handlers-know-no-journal',
      comment: 'chain facts and journal meet only in the API',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/api/' },
      to: { path: folder('journal') },
    },
    {
      name: 'ponder-only-in-src',
      severity: 'error',
      from: { path: '.', pathNot: ['^src/', '^ponder[.-]', '^node_modules/', '^bench/bare/'] },
      to: { path: ['^ponder:', 'node_modules/ponder/'] },
    },
    {
      name: 'only-cli-and-demo-put-processes-together',
      severity: 'error',
      from: { pathNot: folder('cli', 'demo', 'bench', 'test', 'node_modules') },
      to: { path: folder('cli', 'demo', 'bench', 'test') },
    },
    {
      name: 'node-is-not-the-watcher',
      comment: 'whoever is watched shares no judgement with the watcher',
      severity: 'error',
      from: { path: folder('node') },
      to: { path: folder('watcher', 'verdict', 'journal', 'src') },
    },
    {
      name: 'nobody-knows-the-canary',
      comment: 'a watcher that could tell its canaries from others would prove nothing by catching them',
      severity: 'error',
      from: { path: folder('watcher', 'replay', 'verdict', 'src', 'node') },
      to: { path: ['^canary/', '^(journal|config|metrics)/canary'] },
    },
    {
      name: 'replay-stands-alone',
      severity: 'error',
      from: { path: folder('replay') },
      to: { path: folder('watcher', 'journal', 'src', 'node', 'chain', 'config') },
    },
    {
      name: 'journal-and-chain-stand-alone',
      severity: 'error',
      from: { path: folder('journal', 'chain') },
      to: { path: folder('watcher', 'replay', 'src', 'node') },
    },
    {
      name: 'models-run-only-in-the-sandbox',
      comment: 'untrusted models run in a limited child process; node/ runs its own',
      severity: 'error',
      from: { pathNot: ['^(replay|node|demo|bench|test)/', '^node_modules/'] },
      to: { path: 'node_modules/onnxruntime-' },
    },
    {
      name: 'no-dev-dependencies-in-the-product',
      severity: 'error',
      from: { pathNot: ['^(test|bench|contracts|demo|abis)/', 'vitest\\.config', '^node_modules/'] },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { pathNot: '^node_modules/' },
      to: { couldNotResolve: true, pathNot: '^ponder:' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.gainsay|\\.ponder|contracts)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
