import { describe, expect, it } from 'vitest'
import { encodeTensors } from '../../protocol/tensor.ts'
import { AnswerError, AnswerReader } from '../../replay/pool/answer.ts'
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  FrameError,
  FrameReader,
  MAX_FRAME_BYTES,
} from '../../replay/pool/frame.ts'
import { float32 } from './models.ts'

const bytesOf = (frame: Frame) => Buffer.concat(encodeFrame(frame))
const frame: Frame = { header: { a: [1, 'zwei'] }, blobs: [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)] }
const plain = ({ header, blobs }: Frame) => ({ header, blobs: blobs.map((blob) => [...blob]) })

describe('frames', () => {
  it('come out as they went in, however they are cut into pieces', () => {
    const stream = Buffer.concat([bytesOf(frame), bytesOf({ header: null, blobs: [] }), bytesOf(frame)])
    for (const size of [1, 3, 7, 8, 50, stream.length]) {
      const reader = new FrameReader()
      const frames: Frame[] = []
      for (let at = 0; at < stream.length; at += size) frames.push(...reader.push(stream.subarray(at, at + size)))
      expect(frames.map(plain)).toEqual([frame, { header: null, blobs: [] }, frame].map(plain))
    }
  })

  it.each<[string, Buffer]>([
    ['a length that is too small', spoilt((bytes) => bytes.writeUInt32LE(7, 0))],
    ['a length that nobody may send', spoilt((bytes) => bytes.writeUInt32LE(MAX_FRAME_BYTES + 1, 0))],
    ['a header longer than the frame', spoilt((bytes) => bytes.writeUInt32LE(1000, 4))],
    ['a header that is not JSON', spoilt((bytes) => bytes.write('?', 8))],
    ['no sizes', raw('{}')],
    ['sizes that are no numbers', raw('[0,["1"]]', 1)],
    ['a size that is negative', raw('[0,[-1]]')],
    ['a size that is too large', raw('[0,[2]]', 1)],
    ['more than its parts', raw('[0,[1]]', 2)],
  ])('refuses %s', (_, bytes) => {
    expect(() => new FrameReader().push(bytes)).toThrow(FrameError)
  })

  it('refuses half a frame', () => {
    expect(() => decodeFrame(bytesOf(frame).subarray(0, 20))).toThrow(FrameError)
  })
})

function spoilt(spoil: (bytes: Buffer) => void): Buffer {
  const bytes = bytesOf(frame)
  spoil(bytes)
  return bytes
}

function raw(json: string, blobBytes = 0): Buffer {
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32LE(8 + json.length + blobBytes, 0)
  prefix.writeUInt32LE(json.length, 4)
  return Buffer.concat([prefix, Buffer.from(json), Buffer.alloc(blobBytes)])
}

describe('AnswerReader', () => {
  const tensors = encodeTensors(new Map([['y', float32([2])]]))
  const done = { loaded: ['k'], spoiled: false, refusals: 0, cpuSeconds: 1, rssMb: 70, peakMb: 80 }
  const model = { runtime: 'r', forms: [['y', { kind: 'linear' }]] }
  const outputs = { kind: 'outputs', scores: false, ms: 1 }
  const honest = { kind: 'answers', answers: [outputs, { kind: 'failed', reason: 'no' }], model, done }
  const read = (header: unknown, blobs: Uint8Array[] = [tensors]) => new AnswerReader().read({ header, blobs })

  it('reads what an honest child says', () => {
    expect(read({ kind: 'ready' }, [])).toEqual({ kind: 'ready' })
    expect(read(honest)).toMatchObject({
      outcomes: [
        { kind: 'outputs', runtime: 'r', replayed: { forms: new Map([['y', { kind: 'linear' }]]) } },
        { kind: 'failed', reason: 'no', retryable: false },
      ],
      done,
    })
  })

  it('remembers the model for later messages of the batch', () => {
    const reader = new AnswerReader()
    reader.read({ header: honest, blobs: [tensors] })
    const later = reader.read({ header: { kind: 'answers', answers: [outputs] }, blobs: [tensors] })
    expect(later).toMatchObject({ outcomes: [{ runtime: 'r' }] })
  })

  it.each<[string, unknown, Uint8Array[]?]>([
    ['nothing', null],
    ['an unknown kind', { kind: 'hello' }],
    ['more than was asked', { ...honest, more: 1 }],
    ['answers that are no list', { ...honest, answers: {} }],
    ['outputs without tensors', honest, []],
    ['tensors without an answer', honest, [tensors, tensors]],
    ['malformed tensors', honest, [tensors.subarray(1)]],
    ['outputs of a model it did not describe', { ...honest, model: undefined }],
    ['a form nobody knows', { ...honest, model: { runtime: 'r', forms: [['y', { kind: 'lax' }]] } }],
    ['a form with more in it', { ...honest, model: { runtime: 'r', forms: [['y', { kind: 'linear', by: 9 }]] } }],
    ['a label on no axis', { ...honest, model: { runtime: 'r', forms: [['y', { kind: 'label', largest: true }]] } }],
    ['an endless reason', { ...honest, answers: [{ kind: 'failed', reason: 'x'.repeat(5000) }] }, []],
    ['a time that is no number', { ...honest, answers: [{ ...outputs, ms: '1' }] }],
    ['held outputs without a hash', { ...honest, answers: [{ kind: 'held', hash: '0x', ms: 1 }] }, []],
    [
      'held outputs that come all the same',
      { ...honest, answers: [{ kind: 'held', hash: `0x${'0'.repeat(64)}`, ms: 1 }] },
    ],
    [
      'held outputs of no model',
      { ...honest, model: undefined, answers: [{ kind: 'held', hash: `0x${'0'.repeat(64)}`, ms: 1 }] },
      [],
    ],
    ['negative memory', { ...honest, done: { ...done, rssMb: -1 } }],
  ])('refuses %s', (_, header, blobs) => {
    expect(() => read(header, blobs)).toThrow(AnswerError)
  })
})
