/** Which rows of a tree there are, and which of them are shown where there is not room for all. */
import { byAge, type ProcessTree, type TreeNode } from './process-tree.js'

export interface Row {
  node: TreeNode
  /** For each level, of very many the innermost ones: whether more siblings follow below. */
  branches: readonly boolean[]
  /** How many processes like it this row stands for. */
  count: number
  /** Rows below it that are not shown. */
  hidden: number
}

/** No terminal has room for more. */
const LEVELS_MAX = 200

interface Draft extends Row {
  above: Draft | undefined
  shownAbove: Draft | undefined
  below: Draft[]
  activeMs: number
  isChosen: boolean
}

/** So many of a name, each without children, become one row. */
const ALIKE_MIN = 4
/** A row that is there keeps its place against one that was active so much later. */
const STICKY_MS = 10_000

export class Rows {
  #shown = new Set<TreeNode>()

  /** At most `limit` rows: the most recently active, with all that is above them. */
  of(tree: ProcessTree, limit: number): Row[] {
    const drafts = draftsOf(tree)
    const chosen = drafts.length <= limit ? drafts : this.#choose(drafts, limit)
    this.#shown = new Set(chosen.map(({ node }) => node))
    for (const draft of chosen) draft.branches = branchesOf(draft)
    return chosen
  }

  #choose(drafts: readonly Draft[], limit: number): Draft[] {
    const weight = ({ activeMs, node }: Draft) => activeMs + (this.#shown.has(node) ? STICKY_MS : 0)
    const byWeight = [...drafts].sort((a, b) => weight(b) - weight(a))
    for (const draft of drafts) draft.isChosen = false
    let left = limit
    for (const draft of byWeight) {
      const line = unchosenLine(draft, left)
      if (line === undefined) continue
      for (const each of line) each.isChosen = true
      left -= line.length
      if (left === 0) break
    }
    // Above comes first, so what is nearest to a hidden row is known when it is reached.
    for (const draft of drafts) {
      const { above } = draft
      draft.shownAbove = above === undefined || above.isChosen ? above : above.shownAbove
      if (!draft.isChosen && draft.shownAbove !== undefined) draft.shownAbove.hidden += draft.count
    }
    return drafts.filter(({ isChosen }) => isChosen)
  }
}

/** The draft and those above it that have no place yet; undefined when that is more than there is room for. */
function unchosenLine(draft: Draft, room: number): Draft[] | undefined {
  const line: Draft[] = []
  for (let next: Draft | undefined = draft; next !== undefined && !next.isChosen; next = next.above) {
    line.push(next)
    if (line.length > room) return undefined
  }
  return line
}

function draftsOf(tree: ProcessTree): Draft[] {
  const drafts: Draft[] = []
  // Depth first, without recursion: a chain of processes can be longer than the stack of calls.
  const waiting = rowsOf(tree.roots(), undefined).reverse()
  while (waiting.length > 0) {
    const draft = waiting.pop()!
    drafts.push(draft)
    draft.below = rowsOf([...draft.node.children], draft)
    waiting.push(...[...draft.below].reverse())
  }
  return drafts
}

function rowsOf(nodes: TreeNode[], above: Draft | undefined): Draft[] {
  const groups = new Map<string, TreeNode[]>()
  const inOrder = nodes.sort(byAge)
  for (const node of inOrder) {
    const key = groupKey(node)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [node])
    else group.push(node)
  }
  const rows: Draft[] = []
  for (const group of groups.values()) {
    if (group.length < ALIKE_MIN) rows.push(...group.map((node) => draftOf(node, above, 1, node.activeMs)))
    else rows.push(draftOf(group[0]!, above, group.length, Math.max(...group.map(({ activeMs }) => activeMs))))
  }
  return rows.sort((a, b) => byAge(a.node, b.node))
}

/** Leaves of one name are alike, and all kernel threads are. */
function groupKey(node: TreeNode): string {
  if (node.children.size > 0 || node.endedMs !== undefined) return `pid ${node.pid}`
  return node.isKernel ? 'kernel' : `name ${node.name}`
}

function draftOf(node: TreeNode, above: Draft | undefined, count: number, activeMs: number): Draft {
  return { node, branches: [], count, hidden: 0, above, shownAbove: undefined, below: [], activeMs, isChosen: true }
}

/** From the outermost level to its own: is there another one below, at that level? */
function branchesOf(draft: Draft): boolean[] {
  const branches: boolean[] = []
  for (let each = draft; each.above !== undefined && branches.length < LEVELS_MAX; each = each.above) {
    branches.push(each.above.below.findLast(({ isChosen }) => isChosen) !== each)
  }
  return branches.reverse()
}
