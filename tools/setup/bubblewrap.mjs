// How bubblewrap, which holds agents' command lines, comes to be where the tests run.
import { aptInstall, aptUpdate, isDebianRoot, succeeds } from './apt.mjs'

/**
 * Resolves to `{ remedy }` where bubblewrap cannot be had; then the tests of command lines run without it. Debian's package
 * is installed where it is missing, which is said first through `say`. That it is here does not mean that it works: in many
 * containers namespaces are refused, and the tests say so then and skip what needs them.
 */
export async function obtainBubblewrap({ install, say }) {
  if (process.platform !== 'linux') return { remedy: 'It exists on Linux alone.', expected: false }
  if (!isHere() && install && isDebianRoot()) {
    say('bubblewrap is missing: installing it with apt-get (--no-install refrains).')
    await aptUpdate(say)
    await aptInstall('bubblewrap', say)
  }
  if (isHere()) return {}
  return { remedy: 'Install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap).', expected: true }
}

function isHere() {
  return succeeds('bwrap', ['--version'])
}
