import type { Db } from '../../platform/db/db.ts'
import { projectsStore } from './projects.store.ts'

interface Rates {
  readonly per_key?: number
  readonly per_address?: number
}

const kept_ms = 10_000
const kept_max = 1_000

/** The request rates of an organization: the strictest of its projects' policies, reread now and then. */
export function createRates(db: Db) {
  const ratesCache = new Map<string, { readonly rates: Promise<Rates>; readonly until: number }>()
  return {
    read(organization_id: string): Promise<Rates> {
      const cacheEntry = ratesCache.get(organization_id)
      if (cacheEntry && cacheEntry.until > performance.now()) return cacheEntry.rates
      const rates = load(db, organization_id)
      if (ratesCache.size >= kept_max) ratesCache.clear()
      ratesCache.set(organization_id, { rates, until: performance.now() + kept_ms })
      rates.catch(() => ratesCache.delete(organization_id))
      return rates
    },
    forget: (organization_id: string): void => void ratesCache.delete(organization_id),
  }
}

async function load(db: Db, organization_id: string): Promise<Rates> {
  const { per_key, per_address } = await db.transact({ organization_id }, (tx) =>
    projectsStore.rates(tx, organization_id),
  )
  return { ...(per_key === null ? {} : { per_key }), ...(per_address === null ? {} : { per_address }) }
}
