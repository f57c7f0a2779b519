import { type Hex, toHex } from 'viem'
import { identityModel } from '../../cli/identity-model.ts'
import { type Payload, sha256Hex } from '../../node/payload.ts'
import { encodeTensors, type NamedTensors } from '../../protocol/tensor.ts'
import { hostileModels } from '../corpus/hostile.ts'
import { hostilePaths } from './hostile-server.ts'

/** Something that a stranger puts on chain to harm who looks at it; nobody can say that it is wrong. */
export interface HostilePost {
  readonly name: string
  readonly model: { readonly modelHash: Hex; readonly uri: string }
  readonly input: Payload
  readonly output: Payload
}

/** One number under a name. */
export function number(name: string, value: number): NamedTensors {
  return new Map([[name, { dtype: 'float32', dims: [1], data: new Uint8Array(Float32Array.of(value).buffer) }]])
}

/** Bytes that go on chain as they are. */
export function inline(bytes: Uint8Array, uri = ''): Payload {
  return { hash: sha256Hex(bytes), uri, data: toHex(bytes) }
}

const promised = sha256Hex(Buffer.from('what was promised'))

/** Text that is no address, or leads where nobody should go. */
const addresses: readonly string[] = [
  'file:///etc/passwd',
  'file:///proc/self/environ',
  'http://169.254.169.254/latest/meta-data/',
  'http://[::1]:1/x',
  'http://127.0.0.1:1/x',
  'http://localhost.:1/\u0000',
  'ipfs://not-a-cid',
  'ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku/../../etc/passwd',
  'walrus:../..',
  'javascript:alert(1)',
  '<script>alert(1)</script>',
  "'; drop table result; --",
  '\u0000\u0001\ud7ff\u202egnihton',
  'data:application/octet-stream;base64,AAAA',
  'http://'.padEnd(2_040, 'a'),
  Array(50).fill('http://127.0.0.1:1/x').join(' '),
  ' \n\t',
  '%00%ff',
]

/**
 * Everything of the kind: models that hang or kill what runs them, files that are none, addresses that lead astray, servers
 * that drip, bomb and lie, tensors that are none.
 *
 * @param server where the hostile server is
 * @param files gets what that server has to serve, by path
 */
export function hostilePosts(server: string, files: Map<string, Uint8Array>): HostilePost[] {
  const serve = (bytes: Uint8Array) => {
    const modelHash = sha256Hex(bytes)
    files.set(`/${modelHash}`, bytes)
    return { modelHash, uri: `${server}/${modelHash}` }
  }
  const identity = serve(identityModel())
  const [x, y] = [inline(encodeTensors(number('x', 1.5))), inline(encodeTensors(number('y', 1.5)))]
  const garbage = inline(Uint8Array.of(1, 2, 3, 4, 5))
  const models = hostileModels()
    .filter(({ unguarded }) => unguarded !== 'result' && unguarded !== 'memory')
    .filter(({ model }) => model.length < 4 << 20)
  return [
    ...models.map(({ name, model, inputs }) => ({
      ...{ name: `model: ${name}`, model: serve(model), input: inline(encodeTensors(inputs)), output: y },
    })),
    ...addresses.map((uri) => ({
      ...{ name: `model at ${uri.slice(0, 40)}`, model: { modelHash: promised, uri }, input: x, output: y },
    })),
    ...Object.keys(hostilePaths).flatMap((path) => [
      { name: `model at ${path}`, model: { modelHash: promised, uri: server + path }, input: x, output: y },
      {
        ...{ name: `input at ${path}`, model: identity, output: y },
        input: { hash: promised, uri: server + path, data: '0x' as const },
      },
      {
        ...{ name: `output at ${path}`, model: identity, input: x },
        output: { hash: promised, uri: server + path, data: '0x' as const },
      },
    ]),
    { name: 'garbage as input', model: identity, input: garbage, output: y },
    { name: 'garbage as output', model: identity, input: x, output: garbage },
    { name: 'nothing as output', model: identity, input: x, output: inline(new Uint8Array(), 'x:') },
    {
      ...{ name: 'an input of another name', model: identity },
      input: inline(encodeTensors(number('__proto__', 1))),
      output: y,
    },
    { ...{ name: 'an input of another shape', model: identity, output: y }, input: inline(encodeTensors(longer('x'))) },
  ]
}

function longer(name: string): NamedTensors {
  return new Map([[name, { dtype: 'float32', dims: [3], data: new Uint8Array(12) }]])
}
