// From OpenGradient's public SDK and explorer data (MIT licence), reduced to what is followed or called.

/** ABI of the inference precompile: each inference with its whole input and output. */
export const inferencePrecompileAbi = [
  {
    inputs: [
      { indexed: false, name: 'inferenceID', type: 'string' },
      {
        components: [
          { name: 'mode', type: 'uint8' },
          { name: 'modelCID', type: 'string' },
          {
            components: [
              {
                components: [
                  { name: 'name', type: 'string' },
                  {
                    components: [
                      { name: 'value', type: 'int128' },
                      { name: 'decimals', type: 'int128' },
                    ],
                    name: 'values',
                    type: 'tuple[]',
                  },
                  { name: 'shape', type: 'uint32[]' },
                ],
                name: 'numbers',
                type: 'tuple[]',
              },
              {
                components: [
                  { name: 'name', type: 'string' },
                  { name: 'values', type: 'string[]' },
                ],
                name: 'strings',
                type: 'tuple[]',
              },
            ],
            name: 'input',
            type: 'tuple',
          },
        ],
        indexed: false,
        name: 'request',
        type: 'tuple',
      },
      {
        components: [
          {
            components: [
              { name: 'name', type: 'string' },
              {
                components: [
                  { name: 'value', type: 'int128' },
                  { name: 'decimals', type: 'int128' },
                ],
                name: 'values',
                type: 'tuple[]',
              },
              { name: 'shape', type: 'uint32[]' },
            ],
            name: 'numbers',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'values', type: 'string[]' },
            ],
            name: 'strings',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'value', type: 'string' },
            ],
            name: 'jsons',
            type: 'tuple[]',
          },
          { name: 'is_simulation_result', type: 'bool' },
        ],
        indexed: false,
        name: 'response',
        type: 'tuple',
      },
    ],
    name: 'ModelInferenceEvent',
    type: 'event',
  },
  {
    inputs: [
      {
        components: [
          { name: 'mode', type: 'uint8' },
          { name: 'modelCID', type: 'string' },
          {
            components: [
              {
                components: [
                  { name: 'name', type: 'string' },
                  {
                    components: [
                      { name: 'value', type: 'int128' },
                      { name: 'decimals', type: 'int128' },
                    ],
                    name: 'values',
                    type: 'tuple[]',
                  },
                  { name: 'shape', type: 'uint32[]' },
                ],
                name: 'numbers',
                type: 'tuple[]',
              },
              {
                components: [
                  { name: 'name', type: 'string' },
                  { name: 'values', type: 'string[]' },
                ],
                name: 'strings',
                type: 'tuple[]',
              },
            ],
            name: 'input',
            type: 'tuple',
          },
        ],
        name: 'request',
        type: 'tuple',
      },
    ],
    name: 'runModelInference',
    outputs: [
      {
        components: [
          {
            components: [
              { name: 'name', type: 'string' },
              {
                components: [
                  { name: 'value', type: 'int128' },
                  { name: 'decimals', type: 'int128' },
                ],
                name: 'values',
                type: 'tuple[]',
              },
              { name: 'shape', type: 'uint32[]' },
            ],
            name: 'numbers',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'values', type: 'string[]' },
            ],
            name: 'strings',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'value', type: 'string' },
            ],
            name: 'jsons',
            type: 'tuple[]',
          },
          { name: 'is_simulation_result', type: 'bool' },
        ],
        name: '',
        type: 'tuple',
      },
    ],
    stateMutability: 'nonpayable',
    type: 'function',
  },
] as const

/** ABI of the inference hub: a front of the precompile, whose event carries the output only and may be empty. */
export const inferenceHubAbi = [
  {
    inputs: [
      {
        components: [
          {
            components: [
              { name: 'name', type: 'string' },
              {
                components: [
                  { name: 'value', type: 'int128' },
                  { name: 'decimals', type: 'int128' },
                ],
                name: 'values',
                type: 'tuple[]',
              },
              { name: 'shape', type: 'uint32[]' },
            ],
            name: 'numbers',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'values', type: 'string[]' },
            ],
            name: 'strings',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'value', type: 'string' },
            ],
            name: 'jsons',
            type: 'tuple[]',
          },
          { name: 'is_simulation_result', type: 'bool' },
        ],
        indexed: false,
        name: 'output',
        type: 'tuple',
      },
    ],
    name: 'InferenceResult',
    type: 'event',
  },
  {
    inputs: [
      { name: 'modelId', type: 'string' },
      { name: 'inferenceMode', type: 'uint8' },
      {
        components: [
          {
            components: [
              { name: 'name', type: 'string' },
              {
                components: [
                  { name: 'value', type: 'int128' },
                  { name: 'decimals', type: 'int128' },
                ],
                name: 'values',
                type: 'tuple[]',
              },
              { name: 'shape', type: 'uint32[]' },
            ],
            name: 'numbers',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'values', type: 'string[]' },
            ],
            name: 'strings',
            type: 'tuple[]',
          },
        ],
        name: 'modelInput',
        type: 'tuple',
      },
    ],
    name: 'run',
    outputs: [
      {
        components: [
          {
            components: [
              { name: 'name', type: 'string' },
              {
                components: [
                  { name: 'value', type: 'int128' },
                  { name: 'decimals', type: 'int128' },
                ],
                name: 'values',
                type: 'tuple[]',
              },
              { name: 'shape', type: 'uint32[]' },
            ],
            name: 'numbers',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'values', type: 'string[]' },
            ],
            name: 'strings',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'value', type: 'string' },
            ],
            name: 'jsons',
            type: 'tuple[]',
          },
          { name: 'is_simulation_result', type: 'bool' },
        ],
        name: '',
        type: 'tuple',
      },
    ],
    stateMutability: 'nonpayable',
    type: 'function',
  },
] as const

/** ABI of a workflow: a contract that the scheduler runs. */
export const workflowAbi = [
  {
    inputs: [
      { indexed: true, name: 'caller', type: 'address' },
      {
        components: [
          {
            components: [
              { name: 'name', type: 'string' },
              {
                components: [
                  { name: 'value', type: 'int128' },
                  { name: 'decimals', type: 'int128' },
                ],
                name: 'values',
                type: 'tuple[]',
              },
              { name: 'shape', type: 'uint32[]' },
            ],
            name: 'numbers',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'values', type: 'string[]' },
            ],
            name: 'strings',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'value', type: 'string' },
            ],
            name: 'jsons',
            type: 'tuple[]',
          },
          { name: 'is_simulation_result', type: 'bool' },
        ],
        indexed: false,
        name: 'result',
        type: 'tuple',
      },
    ],
    name: 'InferenceResultEmitted',
    type: 'event',
  },
  {
    inputs: [],
    name: 'getInferenceResult',
    outputs: [
      {
        components: [
          {
            components: [
              { name: 'name', type: 'string' },
              {
                components: [
                  { name: 'value', type: 'int128' },
                  { name: 'decimals', type: 'int128' },
                ],
                name: 'values',
                type: 'tuple[]',
              },
              { name: 'shape', type: 'uint32[]' },
            ],
            name: 'numbers',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'values', type: 'string[]' },
            ],
            name: 'strings',
            type: 'tuple[]',
          },
          {
            components: [
              { name: 'name', type: 'string' },
              { name: 'value', type: 'string' },
            ],
            name: 'jsons',
            type: 'tuple[]',
          },
          { name: 'is_simulation_result', type: 'bool' },
        ],
        name: '',
        type: 'tuple',
      },
    ],
    stateMutability: 'view',
    type: 'function',
  },
  { inputs: [], name: 'inputName', outputs: [{ name: '', type: 'string' }], stateMutability: 'view', type: 'function' },
  {
    inputs: [],
    name: 'inputQuery',
    outputs: [
      { name: 'base', type: 'string' },
      { name: 'quote', type: 'string' },
      { name: 'total_candles', type: 'uint32' },
      { name: 'candle_duration_in_mins', type: 'uint32' },
      { name: 'order', type: 'uint8' },
    ],
    stateMutability: 'view',
    type: 'function',
  },
  { inputs: [], name: 'modelId', outputs: [{ name: '', type: 'string' }], stateMutability: 'view', type: 'function' },
] as const

/** ABI of the scheduler of workflows. */
export const taskSchedulerAbi = [
  {
    inputs: [
      { indexed: true, name: 'user', type: 'address' },
      { indexed: true, name: 'contractAddress', type: 'address' },
      { indexed: false, name: 'endTime', type: 'uint256' },
      { indexed: false, name: 'frequency', type: 'uint256' },
    ],
    name: 'TaskRegistered',
    type: 'event',
  },
  {
    inputs: [
      { indexed: true, name: 'user', type: 'address' },
      { indexed: true, name: 'contractAddress', type: 'address' },
    ],
    name: 'TaskStopped',
    type: 'event',
  },
  {
    inputs: [
      { indexed: true, name: 'user', type: 'address' },
      { indexed: true, name: 'contractAddress', type: 'address' },
      { indexed: false, name: 'newEndTime', type: 'uint256' },
      { indexed: false, name: 'newFrequency', type: 'uint256' },
    ],
    name: 'TaskUpdated',
    type: 'event',
  },
  {
    inputs: [],
    name: 'getAllTasks',
    outputs: [
      {
        components: [
          { name: 'user', type: 'address' },
          { name: 'contractAddress', type: 'address' },
          { name: 'endTime', type: 'uint256' },
          { name: 'frequency', type: 'uint256' },
        ],
        name: '',
        type: 'tuple[]',
      },
    ],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { name: 'contractAddress', type: 'address' },
      { name: 'endTime', type: 'uint256' },
      { name: 'frequency', type: 'uint256' },
    ],
    name: 'registerTask',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [{ name: 'contractAddress', type: 'address' }],
    name: 'stopTask',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [{ name: '', type: 'uint256' }],
    name: 'taskIds',
    outputs: [{ name: '', type: 'bytes32' }],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [{ name: '', type: 'bytes32' }],
    name: 'tasks',
    outputs: [
      { name: 'user', type: 'address' },
      { name: 'contractAddress', type: 'address' },
      { name: 'endTime', type: 'uint256' },
      { name: 'frequency', type: 'uint256' },
    ],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { name: 'contractAddress', type: 'address' },
      { name: 'newEndTime', type: 'uint256' },
      { name: 'newFrequency', type: 'uint256' },
    ],
    name: 'updateTask',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
] as const

/** ABI of the registry of TEEs and their keys. */
export const teeRegistryAbi = [
  {
    inputs: [{ name: 'teeId', type: 'bytes32' }],
    name: 'getTEE',
    outputs: [
      {
        components: [
          { name: 'owner', type: 'address' },
          { name: 'paymentAddress', type: 'address' },
          { name: 'endpoint', type: 'string' },
          { name: 'publicKey', type: 'bytes' },
          { name: 'tlsCertificate', type: 'bytes' },
          { name: 'pcrHash', type: 'bytes32' },
          { name: 'teeType', type: 'uint8' },
          { name: 'enabled', type: 'bool' },
          { name: 'registeredAt', type: 'uint256' },
          { name: 'lastHeartbeatAt', type: 'uint256' },
          {
            components: [
              { name: 'keyId', type: 'uint8' },
              { name: 'kemId', type: 'uint16' },
              { name: 'kdfId', type: 'uint16' },
              { name: 'aeadId', type: 'uint16' },
              { name: 'publicKey', type: 'bytes' },
              { name: 'keyConfig', type: 'bytes' },
              { name: 'registeredAt', type: 'uint256' },
            ],
            name: 'ohttpConfig',
            type: 'tuple',
          },
        ],
        name: '',
        type: 'tuple',
      },
    ],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [{ name: 'teeId', type: 'bytes32' }],
    name: 'isTEEActive',
    outputs: [{ name: '', type: 'bool' }],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [{ name: 'teeId', type: 'bytes32' }],
    name: 'isTEEEnabled',
    outputs: [{ name: '', type: 'bool' }],
    stateMutability: 'view',
    type: 'function',
  },
] as const

/** ABI of the relay that settles calls of language models; it verifies nothing. */
export const settlementRelayAbi = [
  {
    inputs: [
      { indexed: true, name: 'merkleRoot', type: 'bytes32' },
      { indexed: false, name: 'batchSize', type: 'uint256' },
      { indexed: false, name: 'walrusBlobId', type: 'bytes' },
    ],
    name: 'BatchSettlement',
    type: 'event',
  },
  {
    inputs: [
      { indexed: true, name: 'teeId', type: 'bytes32' },
      { indexed: true, name: 'ethAddress', type: 'address' },
      { indexed: false, name: 'inputHash', type: 'bytes32' },
      { indexed: false, name: 'outputHash', type: 'bytes32' },
      { indexed: false, name: 'timestamp', type: 'uint256' },
      { indexed: false, name: 'walrusBlobId', type: 'bytes' },
      { indexed: false, name: 'signature', type: 'bytes' },
    ],
    name: 'IndividualSettlement',
    type: 'event',
  },
  {
    inputs: [
      { name: '_merkleRoot', type: 'bytes32' },
      { name: '_batchSize', type: 'uint256' },
      { name: '_walrusBlobId', type: 'bytes' },
    ],
    name: 'batchSettle',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [
      { name: '_teeId', type: 'bytes32' },
      { name: '_inputHash', type: 'bytes32' },
      { name: '_outputHash', type: 'bytes32' },
      { name: '_timestamp', type: 'uint256' },
      { name: '_ethAddress', type: 'address' },
      { name: '_walrusBlobId', type: 'bytes' },
      { name: '_signature', type: 'bytes' },
    ],
    name: 'settleIndividual',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
] as const
