import type { Db } from '../../platform/db/db.ts'
import { isUuid } from '../../platform/ids.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import type { CallingRun } from '../identity/identity.port.ts'
import { leaseStore } from './store/lease.store.ts'
import type { LiveRun } from './worker.port.ts'

/** The prefix of a run's key, so that it is recognised, also in a wrong place. */
const prefix = 'mrun_'
const place = 'key of a run'

export interface RunKeys {
  /**
   * A key for calls of models, in force while the run lives under this token and `claiming_key_id`, the key that
   * claimed it from outside, is in force. Nothing is stored.
   */
  keyOf(run: Pick<LiveRun, 'organization_id' | 'run_id' | 'token'>, claiming_key_id?: string | null): string
  /** The run of a key; undefined for anything else, `ended` for a key that is no longer in force. */
  runOf(credential: string): Promise<CallingRun | 'ended' | undefined>
}

export function createRunKeys({ db, secrets }: { readonly db: Db; readonly secrets: SecretBox }): RunKeys {
  return {
    keyOf({ organization_id, run_id, token }, claiming_key_id = null) {
      const parts = [organization_id, run_id, token, ...(claiming_key_id === null ? [] : [claiming_key_id])]
      return prefix + Buffer.from(secrets.seal(parts.join(' '), place)).toString('base64url')
    },

    async runOf(credential) {
      if (!credential.startsWith(prefix)) return undefined
      const sealedText = Buffer.from(credential.slice(prefix.length), 'base64url').toString()
      const [organization_id = '', run_id = '', token, claiming_key_id] =
        secrets.open(sealedText, place)?.split(' ') ?? []
      if (!isUuid(organization_id) || !isUuid(run_id)) return undefined
      const { run, claiming_key } = await db.transact({ organization_id }, async (tx) => ({
        run: await leaseStore.run(tx, organization_id, run_id),
        claiming_key:
          claiming_key_id === undefined
            ? undefined
            : await leaseStore.claimingKey(tx, organization_id, claiming_key_id),
      }))
      if (run === undefined || run.token !== Number(token)) return 'ended'
      if (claiming_key_id !== undefined && claiming_key === undefined) return 'ended'
      const { agent_id, task_id, project_id, goal_id } = run
      return { organization_id, run_id, task_id, project_id, goal_id, agent_id, claiming_key }
    },
  }
}
