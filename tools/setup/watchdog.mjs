// Cleans up after this process however it ends, also by SIGKILL, where no handler of ours runs any more.
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'

/**
 * Starts a shell that waits for the end of its input and then runs `script`: it comes when `end()` closes it and when
 * this process is gone. The shell stands in a session of its own, so that a Ctrl-C of the terminal does not end it first.
 * `end()` resolves when the script has run, and may be called twice.
 */
export function startWatchdog(script, args, identity = {}) {
  const shell = spawn('/bin/sh', ['-c', `cat >/dev/null; ${script}`, 'sh', ...args], {
    cwd: tmpdir(),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    ...identity,
  })
  const ended = new Promise((resolve) => shell.once('exit', resolve))
  shell.unref()
  shell.stdin.unref()
  return {
    end() {
      shell.ref()
      shell.stdin.end()
      return ended
    },
  }
}
