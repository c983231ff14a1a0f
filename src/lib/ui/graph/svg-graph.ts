// A graph as an SVG image that needs nothing else: no font, no script, no network. Laid out by dagre, which is loaded only here.

import {kindOf, type RunGraph} from './run-graph.ts'

const boxHeight = 44
const characterWidth = 8
const padding = 16
const maxCharacters = 40

/** The way of an edge, and the middles of boxes, in pixels. */
interface Point {
  readonly x: number
  readonly y: number
}

const style = `
  .box{fill:#fff;stroke:#8c959f}.id{fill:#1f2328;font:600 13px sans-serif}.type{fill:#59636e;font:11px sans-serif}
  .edge{fill:none;stroke:#8c959f;stroke-width:1.5}.arrow{fill:#8c959f}
  .succeeded .box{fill:#dafbe1;stroke:#1a7f37}.failed .box{fill:#ffebe9;stroke:#cf222e}.running .box{fill:#ddf4ff;stroke:#0969da}
  .skipped .box{fill:#f6f8fa;stroke-dasharray:4}.cancelled .box,.interrupted .box{fill:#fff8c5;stroke:#9a6700}
  @media (prefers-color-scheme:dark){
    .box{fill:#161b22;stroke:#6e7681}.id{fill:#e6edf3}.type{fill:#9198a1}.edge{stroke:#6e7681}.arrow{fill:#6e7681}
    .succeeded .box{fill:#0f2d1a;stroke:#3fb950}.failed .box{fill:#3a1114;stroke:#f85149}.running .box{fill:#0c2d4a;stroke:#58a6ff}
    .skipped .box{fill:#0d1117}.cancelled .box,.interrupted .box{fill:#33270a;stroke:#d29922}
  }`

/** Takes about a second for a thousand tasks. */
export async function renderSvgGraph(graph: RunGraph): Promise<string> {
  const {boxes, edges, width, height} = await layOut(graph)
  const title = escape(graph.run === undefined ? graph.workflow : `${graph.workflow}, run ${graph.run}`)
  const size = `width="${text(width)}" height="${text(height)}" viewBox="0 0 ${text(width)} ${text(height)}"`
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${title}">`,
    `<title>${title}</title><style>${style}\n</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow" d="M0 0L8 4L0 8z"/></marker></defs>',
    ...edges.map((points) => `<path class="edge" marker-end="url(#arrow)" d="${pathOf(points)}"/>`),
  ]
  for (const task of graph.tasks) {
    const {id, status} = task
    const box = boxes.get(id)
    if (box === undefined) continue
    const {x, y, width: boxWidth} = box
    lines.push(
      `<g class="${status ?? 'planned'}"><title>${escape([id, kindOf(task), ...(status === undefined ? [] : [status])].join('\n'))}</title>` +
        `<rect class="box" x="${text(x - boxWidth / 2)}" y="${text(y - boxHeight / 2)}" width="${text(boxWidth)}" height="${text(boxHeight)}" rx="6"/>` +
        `<text class="id" x="${text(x)}" y="${text(y - 3)}" text-anchor="middle">${escape(shorten(id))}</text>` +
        `<text class="type" x="${text(x)}" y="${text(y + 13)}" text-anchor="middle">${escape(shorten(kindOf(task)))}</text></g>`,
    )
  }
  return `${lines.join('\n')}\n</svg>\n`
}

/** What is used of dagre's graph: its own types name classes that TypeScript does not find. */
interface Layout {
  setGraph(options: object): void
  setDefaultEdgeLabel(make: () => object): void
  setNode(id: string, size: {readonly width: number; readonly height: number}): void
  setEdge(from: string, to: string): void
  node(id: string): Point & {readonly width: number}
  edges(): {readonly v: string; readonly w: string}[]
  edge(edge: {readonly v: string; readonly w: string}): {readonly points: readonly Point[]}
  graph(): {readonly width?: number; readonly height?: number}
}

interface Laid {
  readonly boxes: ReadonlyMap<string, Point & {readonly width: number}>
  readonly edges: readonly (readonly Point[])[]
  readonly width: number
  readonly height: number
}

async function layOut({tasks}: RunGraph): Promise<Laid> {
  const {default: dagre} = (await import('@dagrejs/dagre')) as unknown as {
    default: {readonly graphlib: {readonly Graph: new () => Layout}; layout(graph: Layout): void}
  }
  const layout = new dagre.graphlib.Graph()
  // The other rankers take minutes for graphs of a thousand tasks.
  layout.setGraph({rankdir: 'TB', ranker: 'longest-path', nodesep: 24, ranksep: 40, marginx: 12, marginy: 12})
  layout.setDefaultEdgeLabel(() => ({}))
  const known = new Set(tasks.map(({id}) => id))
  for (const task of tasks) {
    const longest = Math.min(maxCharacters, Math.max(task.id.length, kindOf(task).length * 0.85))
    layout.setNode(task.id, {width: longest * characterWidth + padding, height: boxHeight})
  }
  for (const {id, needs} of tasks) for (const need of needs) if (known.has(need)) layout.setEdge(need, id)
  dagre.layout(layout)
  const boxes = new Map(tasks.map(({id}) => [id, layout.node(id)]))
  const edges = layout.edges().map((edge) => layout.edge(edge).points)
  const {width = 0, height = 0} = layout.graph()
  return {boxes, edges, width, height}
}

/** Through the points, round at those between the ends. */
function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  const last = rest.pop()
  let path = `M${text(first.x)} ${text(first.y)}`
  rest.forEach((point, index) => {
    const next = rest[index + 1] ?? last
    if (next === undefined) return
    const isLast = index === rest.length - 1
    const end = isLast ? next : {x: (point.x + next.x) / 2, y: (point.y + next.y) / 2}
    path += `Q${text(point.x)} ${text(point.y)} ${text(end.x)} ${text(end.y)}`
  })
  return rest.length === 0 && last !== undefined ? `${path}L${text(last.x)} ${text(last.y)}` : path
}

function shorten(name: string): string {
  return name.length > maxCharacters ? `${name.slice(0, maxCharacters - 1)}…` : name
}

function text(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** XML 1.0 has no other control characters. */
function escape(value: string): string {
  return value
    .replace(/[^\P{Cc}\t\n]|[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`)
}
