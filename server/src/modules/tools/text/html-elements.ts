/**
 * The open elements of an HTML document, closed as the tree construction of the HTML standard closes them (13.2.6), as
 * far as it decides what is shown. No tree is built, and each tag looks at a bounded number of elements.
 */
import type { Token } from 'parse5'

const names = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

const voids = names('area base br col embed hr img input link meta param source track wbr')
/** Their end tags close them alone, whatever was opened within. */
const formatting = names('a b big code em font i nobr s small strike strong tt u')
/** What these hold is not shown; a browser shows a dialog with `open`, and what an object holds where it has no `data`. */
const hidden = names('template svg math select textarea datalist noscript video audio canvas rp dialog object')
const asides = names('nav footer aside button')
const closesParagraph = names(
  `address article aside blockquote center details dialog dir div dl dd dt fieldset figcaption figure footer form h1 h2 h3
  h4 h5 h6 header hgroup hr li main menu nav ol p pre search section summary table ul`,
)
/** An end tag closes nothing beyond these. */
const scopes = names('caption html table td th marquee object template foreignobject desc')
/** The elements that a start tag ends, and those at which it stops looking for them. */
const implied: Readonly<Record<string, readonly [ended: ReadonlySet<string>, until: ReadonlySet<string>]>> = {
  li: [names('li'), names('ul ol menu')],
  dd: [names('dd dt'), names('dl')],
  dt: [names('dd dt'), names('dl')],
  option: [names('option'), names('select datalist')],
  td: [names('td th'), names('tr')],
  th: [names('td th'), names('tr')],
  tr: [names('td th tr caption'), names('tbody thead tfoot')],
  tbody: [names('td th tr tbody thead tfoot caption'), names('')],
  thead: [names('td th tr tbody thead tfoot caption'), names('')],
  tfoot: [names('td th tr tbody thead tfoot caption'), names('')],
}
const table = names('table template')
const paragraph = names('p')
const tableParts = names('table caption tbody thead tfoot tr td th')
/** A tag of HTML that ends SVG and MathML where it stands directly in them. */
const breakouts = names(
  `b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol
  p pre ruby s small span strong strike sub sup table tt u ul var`,
)
/** Within these elements of SVG and MathML the rules of HTML hold again. */
const integration = names('foreignobject desc title mi mo mn ms mtext annotation-xml')
const looked_at_max = 256

interface Element {
  readonly name: string
  readonly hides: boolean
  readonly aside: boolean
  /** Whether what it holds is SVG or MathML. */
  readonly foreign: boolean
}

export interface HtmlElements {
  start(tag: Token.TagToken): void
  end(name: string): void
  /** Whether text that stands here is not shown. */
  readonly hidden: boolean
  readonly aside: boolean
  readonly foreign: boolean
}

export function createHtmlElements(): HtmlElements {
  const stack: Stack = { open: [], counts: new Map(), hiding: 0, asides: 0 }
  return {
    start: (tag) => start(stack, tag),
    end: (name) => end(stack, name),
    get hidden() {
      return stack.hiding > 0
    },
    get aside() {
      return stack.asides > 0
    },
    get foreign() {
      return isForeign(stack)
    },
  }
}

interface Stack {
  readonly open: Element[]
  readonly counts: Map<string, number>
  hiding: number
  asides: number
}

function start(stack: Stack, tag: Token.TagToken): void {
  const name = tag.tagName
  if (isForeign(stack) && breakouts.has(name)) leaveForeign(stack)
  if (!isForeign(stack)) closeImplied(stack, name)
  const foreign = name === 'svg' || name === 'math' || (isForeign(stack) && !integration.has(name))
  if ((voids.has(name) && !foreign) || (tag.selfClosing && foreign)) return
  const element = { name, foreign, hides: isHidden(tag), aside: asides.has(name) }
  stack.open.push(element)
  count(stack, element, 1)
}

function end(stack: Stack, name: string): void {
  if (isForeign(stack) && (name === 'p' || name === 'br')) leaveForeign(stack)
  if ((stack.counts.get(name) ?? 0) === 0) return
  const at = find(stack, new Set([name]), tableParts.has(name) ? table : scopes)
  if (at >= 0) close(stack, at, formatting.has(name) ? 1 : Number.POSITIVE_INFINITY)
}

function close(stack: Stack, at: number, elements: number): void {
  for (const element of stack.open.splice(at, elements)) count(stack, element, -1)
}

function count(stack: Stack, { name, hides, aside }: Element, by: 1 | -1): void {
  stack.counts.set(name, (stack.counts.get(name) ?? 0) + by)
  if (hides) stack.hiding += by
  if (aside) stack.asides += by
}

/** The innermost open element of the names, -1 where there is none before one of `until`. */
function find({ open }: Stack, sought: ReadonlySet<string>, until: ReadonlySet<string>): number {
  for (let at = open.length - 1; at >= 0 && open.length - at <= looked_at_max; at--) {
    const { name } = open[at] ?? { name: '' }
    if (sought.has(name)) return at
    if (until.has(name)) return -1
  }
  return -1
}

function isForeign({ open }: Stack): boolean {
  return open.at(-1)?.foreign ?? false
}

function leaveForeign(stack: Stack): void {
  while (isForeign(stack)) close(stack, stack.open.length - 1, 1)
}

function closeImplied(stack: Stack, name: string): void {
  if (closesParagraph.has(name) && (stack.counts.get('p') ?? 0) > 0) {
    const at = find(stack, paragraph, scopes)
    if (at >= 0) close(stack, at, Number.POSITIVE_INFINITY)
  }
  const [ended, until] = implied[name] ?? []
  if (!ended || !until) return
  // A row ends the cells and the row before it, of the same table alone.
  const limit = union(until, table)
  for (let at = find(stack, ended, limit); at >= 0; at = find(stack, ended, limit))
    close(stack, at, Number.POSITIVE_INFINITY)
}

function isHidden({ tagName, attrs }: Token.TagToken): boolean {
  const attribute = (name: string): string | undefined => attrs.find((one) => one.name === name)?.value
  if (attribute('hidden') !== undefined) return true
  if (/(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(attribute('style') ?? '')) return true
  if (tagName === 'dialog') return attribute('open') === undefined
  if (tagName === 'object') return attribute('data') !== undefined
  return hidden.has(tagName)
}

const unions = new Map<ReadonlySet<string>, ReadonlySet<string>>()

function union(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  const known = unions.get(one) ?? new Set([...one, ...other])
  unions.set(one, known)
  return known
}
