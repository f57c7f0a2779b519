import dagre from '@dagrejs/dagre'
import type { ShownOperator } from '../../../../journal/operator-graph.ts'
import { legible } from '../legible.ts'

/** Most operators in one drawing: more are no help to the eye, and laying out thousands takes seconds. */
export const MOST_DRAWN = 40

/** Some operators of a model around one of them. */
export interface Neighbourhood {
  readonly operators: readonly { readonly operator: ShownOperator; readonly index: number }[]
  readonly guilty: number | undefined
}

/** The operator that makes a trace entry; undefined when none of those recorded does. */
export function makerOf(operators: readonly ShownOperator[], entry: number): number | undefined {
  const index = operators.findIndex(({ first, outputs }) => entry >= first && entry < first + outputs)
  return index === -1 ? undefined : index
}

/** The operators nearest to one, by wires in either direction; the first ones where there is none. */
export function neighbourhood(
  operators: readonly ShownOperator[],
  guilty: number | undefined,
  most = MOST_DRAWN,
): Neighbourhood {
  const maker = makers(operators)
  const readers = new Map<number, number[]>()
  for (const [index, { inputs }] of operators.entries())
    for (const entry of inputs) {
      const from = maker.get(entry)
      if (from !== undefined) readers.set(from, [...(readers.get(from) ?? []), index])
    }
  const chosen = new Set<number>(guilty === undefined ? [] : [guilty])
  for (const index of chosen) {
    if (chosen.size >= most) break
    const near = [
      ...(operators[index]?.inputs ?? []).flatMap((entry) => maker.get(entry) ?? []),
      ...(readers.get(index) ?? []),
    ]
    for (const one of near) if (chosen.size < most) chosen.add(one)
  }
  for (let index = 0; index < operators.length && chosen.size < most && guilty === undefined; index++) chosen.add(index)
  return {
    operators: [...chosen]
      .sort((a, b) => a - b)
      .map((index) => ({ index, operator: operators[index] as ShownOperator })),
    guilty,
  }
}

const BOX = { height: 30, padding: 12, character: 7.4 }

/** Drawings kept: some KB each, and laying one out takes as long as many pages. */
const KEPT = 200
const kept = new Map<string, string>()

/**
 * The drawing of some operators of a file, laid out once: what hangs together how follows from the file.
 *
 * @param modelHash of the file, as recorded with the operators
 */
export function drawnGraph(modelHash: string, shown: Neighbourhood): string {
  const key = JSON.stringify([modelHash, shown.guilty ?? null, shown.operators.map(({ index }) => index)])
  const before = kept.get(key)
  if (before !== undefined) return before
  const drawing = String(<OperatorGraph {...shown} />)
  kept.set(key, drawing)
  const [oldest] = kept.keys()
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest)
  return drawing
}

/** Operators and their wires, from left to right, the convicted one marked. Everything in it is text of a stranger, cut. */
function OperatorGraph({ operators, guilty }: Neighbourhood) {
  const graph = new dagre.graphlib.Graph().setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 30, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  const shown = operators.map(({ index, operator }) => ({ index, operator, label: legible(operator.type, 24) }))
  for (const { index, label } of shown)
    graph.setNode(String(index), { width: label.length * BOX.character + 2 * BOX.padding, height: BOX.height })
  const maker = new Map<number, number>()
  for (const { index, operator } of operators)
    for (let i = 0; i < operator.outputs; i++) maker.set(operator.first + i, index)
  for (const { index, operator } of operators)
    for (const entry of operator.inputs) {
      const from = maker.get(entry)
      if (from !== undefined && from !== index) graph.setEdge(String(from), String(index))
    }
  dagre.layout(graph)
  const { width = 100, height = 40 } = graph.graph()
  const marked = shown.find(({ index }) => index === guilty)
  return (
    <svg
      class="graph"
      role="img"
      aria-label={`${operators.length} operators and what feeds them${marked ? `; number ${marked.index}, ${marked.label}, is the one that was convicted` : ''}`}
      viewBox={`0 0 ${Math.ceil(width)} ${Math.ceil(height)}`}
      width={Math.ceil(width)}
      height={Math.ceil(height)}
    >
      {graph.edges().map((edge) => {
        const points = graph.edge(edge).points as { x: number; y: number }[]
        const end = points.at(-1) as { x: number; y: number }
        return (
          <>
            <path d={`M${points.map(({ x, y }) => `${round(x)},${round(y)}`).join('L')}`} />
            <path class="arrow" d={`M${round(end.x)},${round(end.y)}l-6,-3.5v7z`} />
          </>
        )
      })}
      {shown.map(({ index, operator, label }) => {
        const node = graph.node(String(index)) as { x: number; y: number; width: number; height: number }
        return (
          <g class={index === guilty ? 'guilty' : operator.provable ? undefined : 'unprovable'}>
            <title>{`${index}: ${legible(operator.type, 80)} ${legible(operator.name, 80)}`}</title>
            <rect
              x={round(node.x - node.width / 2)}
              y={round(node.y - node.height / 2)}
              width={round(node.width)}
              height={node.height}
              rx="5"
            />
            <text x={round(node.x)} y={round(node.y + 4)} text-anchor="middle">
              {label}
            </text>
          </g>
        )
      })}
    </svg>
  )
}

function makers(operators: readonly ShownOperator[]): Map<number, number> {
  const maker = new Map<number, number>()
  for (const [index, { first, outputs }] of operators.entries())
    for (let i = 0; i < Math.min(outputs, 64); i++) maker.set(first + i, index)
  return maker
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
