import { createRootRoute, retainSearchParams } from '@tanstack/react-router'
import { z } from 'zod'
import { text } from './search-params.ts'

/** The parent of every feature's routes. The router adds the components that are drawn around the pages. */
export const rootRoute = createRootRoute({
  validateSearch: z.object({ project: text }),
  // The selected project stays in the address from page to page.
  search: { middlewares: [retainSearchParams(['project'])] },
})

/** The options that every route of a feature begins with. */
export const page = { getParentRoute: () => rootRoute } as const
