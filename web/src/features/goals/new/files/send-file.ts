import type { Artifact } from '@muster/contract/artifacts/artifacts'
import { uploadArtifacts } from '@muster/contract/artifacts/operations'
import { addressOf } from '@muster/sdk/request'
import type { NamedFile } from './dropped-files.ts'

export interface Sending {
  readonly done: Promise<Artifact>
  readonly cancel: () => void
}

/** Uploads one file and tells how far it is, which `fetch` cannot. */
export function sendFile(
  { name, file }: NamedFile,
  { project_id, onProgress }: { readonly project_id: string; readonly onProgress: (sent_bytes: number) => void },
): Sending {
  const request = new XMLHttpRequest()
  const result = new Promise<Artifact>((resolve, reject) => {
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(Math.min(loaded, file.size)))
    request.addEventListener('load', () => {
      const answer = answerOf(request.responseText)
      const artifact = answer.data?.items?.[0]
      if (artifact !== undefined) resolve(artifact)
      else reject(new Error(answer.error?.message ?? `Upload failed with status ${request.status}.`))
    })
    request.addEventListener('error', () => reject(new Error('Could not reach the server.')))
    request.addEventListener('abort', () => reject(new Error('Upload cancelled.')))
  })
  // The fields come first: the server knows where the file belongs before it reads it.
  const form = new FormData()
  form.append('project_id', project_id)
  form.append('type', 'user_input')
  form.append('name', name)
  form.append('file', file, file.name)
  request.open(uploadArtifacts.method, addressOf('', uploadArtifacts, {}))
  request.setRequestHeader('accept', 'application/json')
  request.send(form)
  return { done: result, cancel: () => request.abort() }
}

interface UploadAnswer {
  readonly data?: { readonly items?: readonly Artifact[] } | null
  readonly error?: { readonly message: string } | null
}

function answerOf(text: string): UploadAnswer {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
