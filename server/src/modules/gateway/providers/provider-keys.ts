/** Opens the sealed keys of providers. */
import { MusterError } from '../../../platform/errors.ts'
import type { SecretBox } from '../../../platform/secrets.ts'
import type { Provider } from '../gateway.types.ts'
import type { ProviderRow } from '../store/providers.store.ts'

/** Where a provider's key belongs: sealed for this row and base URL, it opens nowhere else. */
export function placeOfKey(organization_id: string, { id, base_url }: Pick<ProviderRow, 'id' | 'base_url'>): string {
  return `provider ${organization_id} ${id} ${base_url}`
}

export function openProvider(secrets: SecretBox, organization_id: string, row: ProviderRow): Provider {
  const { id, name, kind, base_url, sealed_key } = row
  if (sealed_key === null) return { id, name, kind, base_url, key: undefined }
  const key = secrets.open(sealed_key, placeOfKey(organization_id, row))
  if (key === undefined)
    throw new MusterError(
      'provider_failed',
      `The key of provider ${name} cannot be decrypted with this server’s secret key.`,
      {
        remedy: 'Start with the MUSTER_SECRET_KEY that it was saved with, or enter the provider’s key again.',
      },
    )
  return { id, name, kind, base_url, key }
}

export const offline_provider: Provider = {
  id: 'offline',
  name: 'offline',
  kind: 'offline',
  base_url: '',
  key: undefined,
}
