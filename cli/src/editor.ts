import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Opens a text in the person's editor and gives what was saved. Undefined where no editor is set; null where it ended with
 * a failure, by which editors say that nothing is to be done (`:cq`). The file is readable by its owner alone.
 */
export async function editText(
  env: Readonly<Record<string, string | undefined>>,
  { text, extension }: { readonly text: string; readonly extension: string },
): Promise<string | null | undefined> {
  const editor = env.VISUAL || env.EDITOR
  if (!editor) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'muster-edit-'))
  const file = join(folder, `result${extension}`)
  try {
    await writeFile(file, text, { mode: 0o600 })
    // As git does: the setting may hold options (`code --wait`), the file is an argument of its own.
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'editor', file], { stdio: 'inherit' })
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null))
      child.once('close', resolve)
    })
    if (code !== 0) return null
    const saved = await readFile(file, 'utf8')
    // Editors end the last line; a text that had no end of line was not changed by that.
    return text.endsWith('\n') ? saved : saved.replace(/\n$/, '')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
