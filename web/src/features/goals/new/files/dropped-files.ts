import { limits } from '@muster/contract/limits'

export interface NamedFile {
  /** With its folders below the one that was given. */
  readonly name: string
  readonly file: File
}

/** Files as a picker gives them; one that picks folders names each with the folder itself in front. */
export function pickedFiles(list: FileList | null): readonly NamedFile[] {
  return [...(list ?? [])].map((file) => ({
    file,
    name: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath.split('/').slice(1).join('/'),
  }))
}

/** What was dropped, with everything inside folders, as deep and as many as a goal may have. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly NamedFile[]> {
  // The entries have to be taken before the first wait: the list is emptied once the drop has been told.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  const files: NamedFile[] = []
  for (const entry of entries) await walk(entry, { prefix: '', depth: 0, found: files })
  return files
}

interface Walk {
  readonly prefix: string
  readonly depth: number
  readonly found: NamedFile[]
}

async function walk(entry: FileSystemEntry, { prefix, depth, found }: Walk): Promise<void> {
  if (found.length > limits.goal_input_files_max || depth > limits.folder_depth_max) return
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject))
    found.push({ name: `${prefix}${file.name}`, file })
    return
  }
  if (!isFolder(entry)) return
  const below = depth === 0 ? '' : `${prefix}${entry.name}/`
  const reader = entry.createReader()
  for (;;) {
    // A reader gives a hundred entries at a time, and none once it is through.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return
    for (const one of some) await walk(one, { prefix: below, depth: depth + 1, found })
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}
