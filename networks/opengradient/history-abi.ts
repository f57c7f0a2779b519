// Read from the history of the public Python SDK and block explorer. An event's topic is the hash of its types, so each of
// these forms has a topic of its own and can be followed beside the present one.

const numbers = {
  components: [
    { name: 'value', type: 'int128' },
    { name: 'decimals', type: 'int128' },
  ],
  name: 'values',
  type: 'tuple[]',
} as const
const name = { name: 'name', type: 'string' } as const
const strings = {
  components: [name, { name: 'values', type: 'string[]' }],
  name: 'strings',
  type: 'tuple[]',
} as const
const simulation = { name: 'is_simulation_result', type: 'bool' } as const

/**
 * The precompile's event as the block explorer read it on 2025-02-13, a week before the present form: it says that there
 * was an inference, of which model and how, but neither input nor output. Recorded, never judged.
 *
 * topic0 `0x3c14b3f0948e422fe629f6dd9ea6b617de942c3876053182749ee07a3202057e`. No other form of this event is in public code.
 */
export const inferenceWithoutPayloadAbi = [
  {
    inputs: [
      { indexed: false, name: 'inferenceID', type: 'string' },
      { indexed: false, name: 'mode', type: 'uint8' },
      { indexed: false, name: 'modelCID', type: 'string' },
    ],
    name: 'ModelInferenceEvent',
    type: 'event',
  },
] as const

/** The hub's event from 2024-10-06 to 2024-11-29: no JSON. topic0 `0x704948ef98344e8e00f7cead62701bc22f68d0833eb6a83dbc1f84a545b46655`. */
export const hubResultWithoutJsonAbi = [
  {
    inputs: [
      {
        components: [
          { components: [name, numbers, { name: 'shape', type: 'uint32[]' }], name: 'numbers', type: 'tuple[]' },
          strings,
          simulation,
        ],
        indexed: false,
        name: 'output',
        type: 'tuple',
      },
    ],
    name: 'InferenceResult',
    type: 'event',
  },
] as const

/** The hub's event on 2024-09-30: dimensions as int256, no JSON. topic0 `0x1969adfa2cd649b610cf7d03ecaf848d03418860d154729a4fcbdc4faf5cd220`. */
export const hubResultSignedShapeAbi = [
  {
    inputs: [
      {
        components: [
          { components: [name, numbers, { name: 'shape', type: 'int256[]' }], name: 'numbers', type: 'tuple[]' },
          strings,
          simulation,
        ],
        indexed: false,
        name: 'output',
        type: 'tuple',
      },
    ],
    name: 'InferenceResult',
    type: 'event',
  },
] as const

/** The hub's event from 2024-09-12 to 2024-09-20: no shape and no JSON. topic0 `0x9d104652392d62a7262850513aecdfac3d1ff61f19b0bac18ed9a8a89cc9ec8e`. */
export const hubResultWithoutShapeAbi = [
  {
    inputs: [
      {
        components: [{ components: [name, numbers], name: 'numbers', type: 'tuple[]' }, strings, simulation],
        indexed: false,
        name: 'output',
        type: 'tuple',
      },
    ],
    name: 'InferenceResult',
    type: 'event',
  },
] as const
