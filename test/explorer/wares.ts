import type { Tensor } from '../../protocol/tensor.ts'

/** Text that tries everything against a page; on chain in URIs and tensor names, and a megabyte of it in the journal. */
export const evil = {
  name: `</script><script>window.hacked=1</script><img src=x onerror="window.hacked=2">\u202Eevil\u2066`,
  uri: 'javascript:window.hacked=3//</a><script>window.hacked=4</script>',
}
/** A megabyte, as a model's or an operator's name could have it. */
export const megabyte = evil.name.padEnd(2 ** 20, '\u202E<script>window.hacked=5</script>')

/** A tensor of floats, each made of its index. */
export function float32(dims: number[], value: (index: number) => number): Tensor {
  const count = dims.reduce((product, dim) => product * dim, 1)
  return {
    dtype: 'float32',
    dims,
    data: new Uint8Array(Float32Array.from({ length: count }, (_, i) => value(i)).buffer),
  }
}
