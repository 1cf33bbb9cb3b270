import { createClient } from '@muster/sdk/client'

/** The same client that scripts use. The key travels as a cookie that no script can read, so none is given here. */
export const client = createClient({ base_url: '', attempts: 2 })
