import type { Config } from '../../platform/config.ts'
import type { DataDirectory } from '../../platform/data-directory.ts'
import { newSignerPem, type Signer, signerFrom } from '../../platform/journal/seal.ts'

/** The key that signs the journal: the setting's, else the data directory's, which is made at the first start. */
export function openSigner(config: Config, directory: DataDirectory): Signer {
  if (config.journal_signer !== undefined) return signerFrom(config.journal_signer)
  const storedPem = directory.readSecret('journal.pem')
  if (storedPem !== undefined) return signerFrom(storedPem)
  const pem = newSignerPem()
  directory.writeSecret('journal.pem', pem)
  return signerFrom(pem)
}
