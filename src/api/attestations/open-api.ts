const bytes32 = { type: 'string', pattern: '^0x[0-9a-f]{64}$' } as const
const address = { type: 'string', pattern: '^0x[0-9a-f]{40}$' } as const
const decimal = { type: 'string', pattern: '^[0-9]+$' } as const

/** What `/openapi.json` says of attestations. */
export const attestationSchemas = {
  Attestation: {
    type: 'object',
    description:
      "EIP-712 typed data with its signature: viem's verifyTypedData takes it as it is, with the signer as address",
    required: ['domain', 'types', 'primaryType', 'message', 'signature', 'signer', 'digest', 'signedAt', 'anchor'],
    properties: {
      domain: { type: 'object', description: 'Gainsay, version 1, on no chain' },
      types: { type: 'object', description: 'The type Attestation' },
      primaryType: { const: 'Attestation' },
      message: { type: 'object', description: 'What is attested; docs/attestations.md explains each field' },
      signature: { type: 'string', pattern: '^0x[0-9a-f]{130}$' },
      signer: { ...address, description: 'The watcher whose word it is' },
      digest: { ...bytes32, description: 'The EIP-712 hash' },
      signedAt: { type: 'number', description: 'Unix milliseconds' },
      anchor: {
        anyOf: [{ $ref: '#/components/schemas/Anchor' }, { type: 'null' }],
        description: 'Where it is anchored; null where it is not',
      },
    },
  },
  Anchor: {
    type: 'object',
    required: [
      ...['root', 'count', 'chainId', 'contract', 'by', 'transactionHash', 'blockNumber', 'anchoredAt', 'proof'],
    ],
    properties: {
      root: { ...bytes32, description: 'Merkle root of the batch' },
      count: { type: 'number', description: 'Attestations in the batch' },
      chainId: { type: 'number' },
      contract: { ...address, description: 'The Anchor contract' },
      by: { ...address, description: 'The account that anchored it' },
      transactionHash: { anyOf: [bytes32, { type: 'null' }] },
      blockNumber: decimal,
      anchoredAt: { ...decimal, description: 'Unix second' },
      proof: { type: 'array', items: bytes32, description: 'Sister hashes, from the leaf up' },
    },
  },
} as const
