import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { ArtifactGrants } from './artifacts.port.ts'

/** What agents may read beside what their own runs made. */
export const grants = extensionPoint<ArtifactGrants>('artifacts.grants')
