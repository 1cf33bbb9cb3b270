import { limits } from '@muster/contract/limits'
import { File as FileIcon, FolderOpen, RotateCw, Upload as UploadIcon, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { Button, IconButton } from '../../../../ui/button.tsx'
import { cx } from '../../../../ui/cx.ts'
import { bytes, count, plural } from '../../../../ui/format.ts'
import { toastError } from '../../../../ui/overlays/toast.tsx'
import type { GivenFile } from '../draft.ts'
import { droppedFiles, type NamedFile, pickedFiles } from './dropped-files.ts'
import type { Upload } from './use-uploads.ts'

const shown_max = 100

/** Takes files and folders by drop or by picker, and shows how far each is. Their names are shown as plain text. */
export function FileDrop(props: {
  readonly uploads: readonly Upload[]
  readonly given: readonly GivenFile[]
  readonly disabledReason: string | undefined
  readonly onAdd: (files: readonly NamedFile[]) => void
  readonly onRemove: (id: number) => void
  readonly onRetry: (id: number) => void
  readonly onTakeAway: (artifact_id: string) => void
}) {
  const { uploads, given, disabledReason, onAdd, onRemove, onRetry, onTakeAway } = props
  const [over, setOver] = useState(false)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const total = given.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  const drop = (event: React.DragEvent): void => {
    event.preventDefault()
    setOver(false)
    if (disabledReason !== undefined) return
    droppedFiles(event.dataTransfer).then(onAdd, (error: unknown) => toastError(error, 'Could not read the files'))
  }
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">Files</legend>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the buttons inside do the same */}
      <div
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={cx(
          'flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-dashed px-4 py-3',
          over ? 'border-accent bg-accent-soft' : 'border-line-strong',
        )}
      >
        <UploadIcon aria-hidden size={18} className="shrink-0 text-faint" />
        <p className="min-w-0 flex-1 basis-56">
          Drop files or folders here
          <span className="block text-[0.93rem] text-soft">
            Up to {count(limits.goal_input_files_max)} files, {bytes(limits.upload_file_bytes_max)} each,{' '}
            {bytes(limits.goal_input_bytes_max)} in total
          </span>
        </p>
        <div className="flex flex-wrap gap-2">
          <Button
            small
            disabledReason={disabledReason}
            icon={<FileIcon aria-hidden size={13} />}
            onClick={() => files.current?.click()}
          >
            Select files
          </Button>
          <Button
            small
            disabledReason={disabledReason}
            icon={<FolderOpen aria-hidden size={13} />}
            onClick={() => folder.current?.click()}
          >
            Select folder
          </Button>
        </div>
        <Picker hold={files} onPick={onAdd} label="Files" />
        <Picker hold={folder} onPick={onAdd} label="Folder" folder />
      </div>
      {given.length + uploads.length > 0 && (
        <ul className="max-h-60 divide-y divide-line overflow-auto rounded-lg border border-line" aria-label="Files">
          {uploads.slice(0, shown_max).map((upload) => (
            <OnItsWay key={upload.id} upload={upload} onRemove={onRemove} onRetry={onRetry} />
          ))}
          {given.slice(0, shown_max).map(({ artifact_id, name, size_bytes }) => (
            <li key={artifact_id} className="flex items-center gap-2 px-3 py-1">
              <FileIcon aria-hidden size={14} className="shrink-0 text-good" />
              <span className="min-w-0 flex-1 truncate" title={name}>
                {name}
              </span>
              <span className="text-[0.93rem] tabular-nums text-soft">{bytes(size_bytes)}</span>
              <IconButton
                small
                className="min-w-7"
                label={`Remove ${name}`}
                icon={<X aria-hidden size={13} />}
                onClick={() => onTakeAway(artifact_id)}
              />
            </li>
          ))}
        </ul>
      )}
      <p role="status" className="text-[0.93rem] text-soft">
        {given.length > 0 && `${plural(given.length, 'file')} uploaded, ${bytes(total)}. `}
        {uploads.length > 0 && uploadWords(uploads)}
      </p>
    </fieldset>
  )
}

function uploadWords(uploads: readonly Upload[]): string {
  const failedCount = uploads.filter(({ status }) => status === 'failed').length
  const uploadingCount = uploads.length - failedCount
  return [
    uploadingCount > 0 && `${plural(uploadingCount, 'file')} uploading.`,
    failedCount > 0 && `${plural(failedCount, 'file')} failed to upload.`,
  ]
    .filter(Boolean)
    .join(' ')
}

function OnItsWay(props: {
  readonly upload: Upload
  readonly onRemove: (id: number) => void
  readonly onRetry: (id: number) => void
}) {
  const { upload, onRemove, onRetry } = props
  const { id, name, size_bytes, sent_bytes, status, problem, final } = upload
  const share = size_bytes === 0 ? 1 : sent_bytes / size_bytes
  return (
    <li className="flex flex-wrap items-center gap-x-2 px-3 py-1">
      <FileIcon aria-hidden size={14} className={cx('shrink-0', status === 'failed' ? 'text-bad' : 'text-faint')} />
      <span className="min-w-0 flex-1 truncate" title={name}>
        {name}
      </span>
      {status !== 'failed' && (
        <progress
          aria-label={`Upload progress: ${name}`}
          max={1}
          value={status === 'waiting' ? 0 : share}
          className="h-1.5 w-24 accent-accent"
        />
      )}
      <span className="w-28 text-right text-[0.93rem] tabular-nums text-soft">
        {status === 'waiting'
          ? 'Waiting'
          : status === 'failed'
            ? 'Failed'
            : `${bytes(sent_bytes)} of ${bytes(size_bytes)}`}
      </span>
      {status === 'failed' && final !== true && (
        <IconButton
          small
          className="min-w-7"
          label={`Retry upload of ${name}`}
          icon={<RotateCw aria-hidden size={13} />}
          onClick={() => onRetry(id)}
        />
      )}
      <IconButton
        small
        className="min-w-7"
        label={status === 'failed' ? `Remove ${name}` : `Cancel upload of ${name}`}
        icon={<X aria-hidden size={13} />}
        onClick={() => onRemove(id)}
      />
      {problem !== undefined && <p className="basis-full text-[0.93rem] text-bad">{problem}</p>}
    </li>
  )
}

function Picker(props: {
  readonly hold: React.RefObject<HTMLInputElement | null>
  readonly onPick: (files: readonly NamedFile[]) => void
  readonly label: string
  readonly folder?: boolean
}) {
  const { hold, onPick, label, folder } = props
  return (
    <input
      ref={hold}
      type="file"
      multiple
      hidden
      aria-label={label}
      {...(folder === true ? { webkitdirectory: '' } : {})}
      onChange={({ currentTarget }) => {
        onPick(pickedFiles(currentTarget.files))
        currentTarget.value = ''
      }}
    />
  )
}
