import { concatHex, encodeAbiParameters, type Hex, numberToHex, parseAbiParameters, stringToHex, toHex } from 'viem'
import type { GraphHeader, OperatorLeaf } from '../protocol/proof/graph-hash.ts'
import type { Opening, Run } from '../protocol/proof/opening.ts'
import { claims, type Proof } from '../protocol/proof/proof.ts'
import type { TensorHeader } from '../protocol/proof/tensor-commitment.ts'
import { dtypes } from '../protocol/tensor.ts'

/** The structures of `contracts/src/proof/Proofs.sol`. */
const structs = [
  'struct Tensor { uint8 dtype; int8 axis; uint32[] dims; bytes32 root; }',
  'struct Run { uint32 first; bytes data; bytes32[] siblings; }',
  'struct Opening { Tensor tensor; bytes32[] path; Run[] runs; }',
  'struct Graph { uint256 operators; bytes32 operatorsRoot; uint256 inputs; uint256 entries; bytes32 inputsHash; bytes32 outputsHash; }',
  'struct Operator { bytes32 name; int256[] attributes; bytes32[] operands; uint256 firstOutput; int8[] axes; }',
  'struct OperatorProof { Graph graph; Operator operator; uint256 index; bytes32[] path; Opening[] inputs; uint256 output; Opening made; uint256 element; }',
  'struct PayloadProof { Graph graph; bool outputs; bytes[] names; uint256[] marks; Opening[] tensors; Opening encoded; uint256 position; }',
  'struct HashProof { Graph graph; bool outputs; Opening encoded; Opening states; uint256 step; }',
  'struct PartProof { Graph graph; Opening part; }',
] as const
const operatorProof = parseAbiParameters(['OperatorProof', ...structs])
const payloadProof = parseAbiParameters(['PayloadProof', ...structs])
const hashProof = parseAbiParameters(['HashProof', ...structs])
const partProof = parseAbiParameters(['PartProof', ...structs])

/** A fraud proof as the contract `Checker` reads it. */
export function encodeProof(proof: Proof): Hex {
  return concatHex([numberToHex(claims.indexOf(proof.claim), { size: 1 }), bodyOf(proof)])
}

/** What shows that a part of a trace can be demanded, or supplies it, as the contract `Checker` reads it. */
export function encodePart(graph: GraphHeader, part: Opening): Hex {
  return encodeAbiParameters(partProof, [{ graph: graphOf(graph), part: openingOf(part) }])
}

function bodyOf(proof: Proof): Hex {
  const graph = graphOf(proof.graph)
  if ('operator' in proof)
    return encodeAbiParameters(operatorProof, [
      {
        graph,
        operator: operatorOf(proof.operator),
        index: BigInt(proof.index),
        path: proof.path.map((node) => toHex(node)),
        inputs: proof.inputs.map(openingOf),
        output: BigInt(proof.output),
        made: openingOf(proof.made),
        element: BigInt(proof.element),
      },
    ])
  const { outputs } = proof
  const encoded = openingOf(proof.encoded)
  if ('states' in proof)
    return encodeAbiParameters(hashProof, [
      { graph, outputs, encoded, states: openingOf(proof.states), step: BigInt(proof.step) },
    ])
  return encodeAbiParameters(payloadProof, [
    {
      ...{ graph, outputs, encoded },
      names: proof.names.map((name) => toHex(name)),
      marks: proof.marks.map(BigInt),
      tensors: proof.tensors.map(openingOf),
      position: BigInt(proof.position),
    },
  ])
}

function graphOf({ operators, operatorsRoot, inputs, entries, inputsHash, outputsHash }: GraphHeader) {
  return {
    operators: BigInt(operators),
    operatorsRoot: toHex(operatorsRoot),
    inputs: BigInt(inputs),
    entries: BigInt(entries),
    inputsHash: toHex(inputsHash),
    outputsHash: toHex(outputsHash),
  }
}

function operatorOf({ type, attributes, operands, firstOutput, axes }: OperatorLeaf) {
  return {
    name: stringToHex(type, { size: 32 }),
    attributes,
    operands: operands.flatMap((operand) => {
      if (operand.kind === 'none') return [word(0), word(0)]
      return operand.kind === 'constant' ? [word(1), toHex(operand.hash)] : [word(2), word(operand.entry)]
    }),
    firstOutput: BigInt(firstOutput),
    axes,
  }
}

function word(value: number): Hex {
  return numberToHex(value, { size: 32 })
}

function openingOf({ tensor, path, runs }: Opening) {
  return { tensor: headerOf(tensor), path: path.map((node) => toHex(node)), runs: runs.map(runOf) }
}

function headerOf({ dtype, axis, dims, root }: TensorHeader) {
  return { dtype: dtypes[dtype].code, axis, dims, root: toHex(root) }
}

function runOf({ first, data, siblings }: Run) {
  return { first, data: toHex(data), siblings: siblings.map((node) => toHex(node)) }
}
