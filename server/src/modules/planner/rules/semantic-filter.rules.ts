import { wordsIn } from '@muster/contract/texts/boundaries'
import { cutText } from '@muster/contract/texts/graphemes'

/**
 * The relevance of a text to goals without a model: the share of a goal's distinct terms that the text has, weighed by
 * how rare each is among the goals (inverse document frequency, Spärck Jones 1972). The best goal counts. Pure and
 * linear.
 */
export function semanticFilter(content: string, goals: readonly string[], relevance_threshold: number) {
  const words = new Set(terms(content))
  const documents = goals.map((goal) => new Set(terms(goal)))
  const containing = new Map<string, number>()
  for (const document of documents) for (const term of document) containing.set(term, (containing.get(term) ?? 0) + 1)
  const scores = documents.map((document) => scoreOf(document, { words, containing, count: documents.length }))
  const relevance_score = Math.round(Math.max(0, ...scores) * 1e6) / 1e6
  const filtered = relevance_score < relevance_threshold
  const best = cutText(goals[scores.indexOf(Math.max(...scores))]?.split('\n')[0] ?? '', 100)
  const reasoning =
    goals.length === 0
      ? 'There are no active goals.'
      : `It matches ${Math.round(relevance_score * 100)}% of the weighted terms of “${best}”; the threshold is ${Math.round(relevance_threshold * 100)}%.`
  return { filtered, relevance_score, relevance_threshold, reasoning, should_create_task: !filtered }
}

function scoreOf(
  document: ReadonlySet<string>,
  {
    words,
    containing,
    count,
  }: { readonly words: ReadonlySet<string>; readonly containing: ReadonlyMap<string, number>; readonly count: number },
): number {
  let all = 0
  let sharedWeight = 0
  for (const term of document) {
    const weight = Math.log(1 + count / (containing.get(term) ?? 1))
    all += weight
    if (words.has(term)) sharedWeight += weight
  }
  return all === 0 ? 0 : sharedWeight / all
}

const common = new Set(
  'a an and are as at be by for from has have in is it its of on or our that the their this to was we were will with you your'.split(
    ' ',
  ),
)

/** Lower-case words of three letters or more with their plainest endings cut off. */
function terms(text: string): string[] {
  return wordsIn(text)
    .map((word) => word.toLowerCase())
    .filter((word) => word.length > 1 && !common.has(word))
    .map((word) => word.replace(/(?:ing|ed|es|s)$/, ''))
}
