import type { Config } from '../../platform/config.ts'
import type { DataDirectory } from '../../platform/data-directory.ts'
import { createSecretBox, newSecretKey, type SecretBox } from '../../platform/secrets.ts'

/** Opens the secret box with the setting's key, else with the data directory's, which is created at the first start. */
export function openSecrets(
  config: Pick<Config, 'secret_key'>,
  directory: Pick<DataDirectory, 'readSecret' | 'writeSecret'>,
): SecretBox {
  if (config.secret_key !== undefined) return createSecretBox(config.secret_key)
  const storedKey = directory.readSecret('secret.key')
  if (storedKey !== undefined) return createSecretBox(storedKey)
  const key = newSecretKey()
  directory.writeSecret('secret.key', key)
  return createSecretBox(key)
}
