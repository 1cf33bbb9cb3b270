// Which Chromium the page is tested in, and how one comes to be where there is none.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { aptInstall, aptUpdate, isDebianRoot, succeeds } from './apt.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/**
 * Resolves to `{ path, from }`, or to `{ remedy }` where no Chromium can be had. In this order: the program that
 * MUSTER_TEST_CHROMIUM names, one on the PATH, Debian's package, whose installation is said first through `say`.
 */
export async function obtainChromium({ install, say }) {
  const given = process.env.MUSTER_TEST_CHROMIUM
  if (given) {
    return succeeds(given, ['--version'])
      ? { path: given, from: 'MUSTER_TEST_CHROMIUM' }
      : {
          remedy: `MUSTER_TEST_CHROMIUM is ${given}, which does not start. Name the program of a Chromium, or unset it.`,
        }
  }
  if (!findChromium() && install && isDebianRoot()) {
    say('Chromium is missing: installing it with apt-get (--no-install refrains).')
    await aptUpdate(say)
    await aptInstall('chromium', say)
  }
  const path = findChromium()
  if (path) return { path, from: path }
  return {
    remedy:
      'Chromium is needed. Install it (Debian: apt-get install chromium), or set MUSTER_TEST_CHROMIUM to the program of one.',
  }
}

/** The first on the PATH, by the order of the names. */
export function findChromium(path = process.env.PATH ?? '') {
  const folders = path.split(delimiter).filter(Boolean)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
