import { limitsByModule } from './gathered/limits.ts'
import { merge } from './platform/merge.ts'

/** Every limit and default of the product, with its unit last in the name. Settings and policies may lower some of them. */
export const limits = merge(limitsByModule)
