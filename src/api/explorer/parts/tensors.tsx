import { raw } from 'hono/html'
import { elementCount, type Tensor } from '../../../../protocol/tensor.ts'
import { elementsOf } from '../../../../verdict/elements.ts'
import { measured, whole } from '../amounts.ts'
import { vectorChart } from '../charts/charts.ts'
import { picture, pictureShape } from '../charts/picture.ts'
import { legible } from '../legible.ts'
import type { Payload } from '../load/payload.ts'
import { Said } from './words.tsx'

/** Tensors of one payload that are shown, numbers of each that are written out, and elements that are drawn at most. */
const MOST_TENSORS = 8
const MOST_NUMBERS = 24
const MOST_DRAWN = 16_384

/** An input or output as what it is: numbers, a plot, a picture; or why there is nothing to see. */
export function PayloadView({ payload }: { payload: Payload }) {
  if (payload.kind === 'elsewhere') return <p class="none">{payload.reason}</p>
  if (payload.kind === 'bytes') return <Bytes bytes={payload.bytes} reason={payload.reason} />
  const { tensors } = payload
  const shown = [...tensors].slice(0, MOST_TENSORS)
  return (
    <>
      {shown.map(([name, tensor]) => (
        <TensorView name={name} tensor={tensor} />
      ))}
      {tensors.size > shown.length ? <p class="none">{`and ${tensors.size - shown.length} more tensors`}</p> : null}
    </>
  )
}

/** Name, type and shape of a tensor, as one reads them. */
export function TensorName({ name, dtype, dims }: { name: string; dtype: string; dims: readonly number[] }) {
  return (
    <>
      <Said text={name} most={60} /> <span class="none">{`${dtype} [${dims.join(', ')}]`}</span>
    </>
  )
}

function TensorView({ name, tensor }: { name: string; tensor: Tensor }) {
  const count = elementCount(tensor.dims)
  const elements = elementsOf(tensor)
  const shape = pictureShape(tensor.dims)
  const values = Array.from({ length: Math.min(count, MOST_DRAWN) }, (_, i) => elements.number(i))
  const written = Array.from({ length: Math.min(count, MOST_NUMBERS) }, (_, i) =>
    elements.isFloat ? measured(elements.number(i)) : elements.print(i),
  )
  const called = legible(name, 40)
  return (
    <div class="tensor">
      <TensorName name={name} dtype={tensor.dtype} dims={tensor.dims} />
      {shape ? <Picture called={called} tensor={tensor} shape={shape} /> : null}
      {!shape && count > 4 ? <figure>{raw(vectorChart(called, values))}</figure> : null}
      {shape ? null : (
        <p class="values">
          {written.join('  ')}
          {count > written.length ? <span class="none">{` … ${whole(count)} elements`}</span> : null}
        </p>
      )}
    </div>
  )
}

function Picture({
  called,
  tensor,
  shape,
}: {
  called: string
  tensor: Tensor
  shape: NonNullable<ReturnType<typeof pictureShape>>
}) {
  const { src, width, height, step } = picture(elementsOf(tensor), shape)
  const grow = Math.max(1, Math.min(4, Math.floor(480 / width)))
  return (
    <figure>
      <img
        class="pixels"
        src={src}
        width={width * grow}
        height={height * grow}
        alt={`${called} drawn as ${shape.width} × ${shape.height} pixels`}
      />
      <figcaption>{`As a picture, since its shape says so${step > 1 ? `; every ${step}th pixel` : ''}.`}</figcaption>
    </figure>
  )
}

function Bytes({ bytes, reason }: { bytes: Uint8Array; reason: string }) {
  const text = new TextDecoder().decode(bytes.subarray(0, 600))
  return (
    <>
      <p class="none">{`${whole(bytes.length)} bytes that are no tensors: ${reason}.`}</p>
      <p class="values">
        <Said text={text} most={200} />
      </p>
    </>
  )
}
