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
/** Characters of a text that are shown. */
const MOST_TEXT = 1000

/** An input or output as what it is: numbers, a plot, a picture, a text; or why there is nothing to see. */
export function PayloadView({ payload }: { payload: Payload }) {
  if (payload.kind === 'elsewhere') return <p class="none">{payload.reason}</p>
  if (payload.kind === 'bytes') return <Bytes bytes={payload.bytes} reason={payload.reason} />
  const { tensors, texts } = payload
  const shown = [...tensors].slice(0, MOST_TENSORS)
  if (shown.length === 0) return <p class="none">It has no tensors at all.</p>
  return (
    <>
      {shown.map(([name, tensor]) =>
        texts.has(name) ? <TextView name={name} tensor={tensor} /> : <TensorView name={name} tensor={tensor} />,
      )}
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

/** Texts and JSON, which networks carry beside numbers. */
function TextView({ name, tensor: { data } }: { name: string; tensor: Tensor }) {
  return (
    <div class="tensor">
      <Said text={name} most={60} /> <span class="none">text, {whole(data.length)} bytes</span>
      <p class="values">
        <Said text={Buffer.from(data).toString('utf8')} most={MOST_TEXT} />
      </p>
    </div>
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

/** What is no text is written in hexadecimal digits. */
function Bytes({ bytes, reason }: { bytes: Uint8Array; reason: string }) {
  const first = Buffer.from(bytes.subarray(0, 600))
  const isText = !first.includes(0)
  return (
    <>
      <p class="none">{`${whole(bytes.length)} bytes that are no tensors: ${legible(reason, 300)}.`}</p>
      <p class="values">
        <Said text={isText ? first.toString('utf8') : first.toString('hex')} most={200} />
      </p>
    </>
  )
}
