/** Run by the test, which kills it: a watcher in the middle of a download. Arguments: folder, hash, URI. */
import type { Hex } from 'viem'
import { Artifacts } from '../../replay/artifacts/artifacts.ts'

const [directory, hash, uri] = process.argv.slice(2) as [string, Hex, string]
await new Artifacts({ directory, allowPrivateHosts: true }).fetch({ hash, uri })
