export interface RetiredName {
  readonly word: string
  /** Tested against each name in snake_case. */
  readonly pattern: RegExp
  /** What the thing is called now. */
  readonly instead: string
}

/** A whole word of a name: `door` is in `openDoor` and in `door_id`, and not in `outdoors`. */
const wordIn = (words: string): RegExp => new RegExp(`(^|_)(${words})(_|$)`)

/** Names that may not come back: a reader could not tell from them what the thing is. The first that fits is reported. */
export const retired_names: readonly RetiredName[] = [
  { word: 'purse', pattern: wordIn('purses?'), instead: 'run budget' },
  { word: 'door', pattern: wordIn('doors?'), instead: 'request transactions (platform/db/request-transactions.ts)' },
  { word: 'plan_wishes', pattern: wordIn('plan_wishes'), instead: 'jobs of the kind plan request' },
  { word: 'wish', pattern: wordIn('wish(es)?'), instead: 'plan request' },
  { word: 'graft', pattern: wordIn('graft(s|ed)?'), instead: 'insertion' },
  { word: 'held_until', pattern: wordIn('held_until'), instead: 'lease_expires_at' },
  { word: 'budget_slices', pattern: wordIn('budgets?_slices?'), instead: 'budgets_reservations' },
  { word: 'seat', pattern: wordIn('seats?|seated'), instead: 'API client' },
  { word: 'theatre', pattern: wordIn('theatres?'), instead: 'browser app' },
  { word: 'budget_terms', pattern: wordIn('budgets?_terms?'), instead: 'budgets_versions' },
  { word: 'stock', pattern: wordIn('stocks?'), instead: 'reservation pool' },
  { word: 'quirk', pattern: wordIn('quirks?'), instead: 'provider compatibility' },
  { word: 'trail', pattern: wordIn('trails?'), instead: 'failover' },
  { word: 'flights', pattern: wordIn('flights'), instead: 'request coalescing' },
  { word: 'landed', pattern: wordIn('landed'), instead: 'the answer of the shared call' },
  { word: 'toucher', pattern: wordIn('touchers?'), instead: 'query invalidation' },
  { word: 'told_run', pattern: wordIn('told_runs?'), instead: 'what the statement returns' },
  { word: 'result_settlers', pattern: wordIn('(result_)?settlers?'), instead: 'result_judges' },
  { word: 'forgiven', pattern: wordIn('forgiven|forgave'), instead: 'ignored dependency' },
  { word: 'need_plan', pattern: wordIn('need_plan'), instead: 'pause for a plan' },
  { word: 'nudge', pattern: wordIn('nudged?|nudges'), instead: 'hint' },
  { word: 'patiently', pattern: wordIn('patiently'), instead: 'retry while the lease lasts' },
]
