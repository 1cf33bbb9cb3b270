import { FileUp } from 'lucide-react'
import { useRef } from 'react'
import { Button } from '../../../ui/button.tsx'
import { bytes } from '../../../ui/format.ts'
import { toastError } from '../../../ui/overlays/toast.tsx'

/** Reads a file of text into a field, without sending it anywhere. */
export function TextFile(props: {
  readonly label: string
  readonly accept: string
  readonly bytes_max: number
  readonly onText: (text: string) => void
}) {
  const { label, accept, bytes_max, onText } = props
  const input = useRef<HTMLInputElement>(null)
  const readFile = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return
    if (file.size > bytes_max) {
      toastError(new Error(`The file is ${bytes(file.size)}. The limit is ${bytes(bytes_max)}.`), 'File too large')
      return
    }
    onText(await file.text())
  }
  return (
    <>
      <Button
        small
        className="self-start"
        icon={<FileUp aria-hidden size={13} />}
        onClick={() => input.current?.click()}
      >
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        aria-label={label}
        onChange={({ currentTarget }) => {
          void readFile(currentTarget.files?.[0]).catch((error: unknown) =>
            toastError(error, 'Could not read the file'),
          )
          currentTarget.value = ''
        }}
      />
    </>
  )
}
