import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { cx } from './cx.ts'
import { toastError } from './overlays/toast.tsx'

/** What is copied may be a whole document; its hint then says only what the press does. */
const shown_characters_max = 80

/** An id, shortened to its last eight characters (the first of a UUIDv7 are the time), copied whole by a press. */
export function Ident({
  id,
  label,
  name = `Copy ${label ?? `ID …${id.slice(-8)}`}`,
  className,
}: {
  readonly id: string
  readonly label?: string
  /** The name of the button; it contains the label. */
  readonly name?: string
  readonly className?: string
}) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1_500)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <button
      type="button"
      title={id.length > shown_characters_max ? 'Copy' : `Copy ${id}`}
      aria-label={name}
      onClick={(event) => {
        event.stopPropagation()
        void copy(id).then(setCopied)
      }}
      className={cx(
        'inline-flex min-h-[24px] items-center gap-1 rounded px-1 font-mono text-[0.86rem] text-faint hover:bg-sunken hover:text-ink',
        className,
      )}
    >
      {label ?? `…${id.slice(-8)}`}
      {copied ? <Check aria-hidden size={12} /> : <Copy aria-hidden size={12} />}
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </button>
  )
}

/** Whether it was copied: browsers let pages do so only where they came by TLS or from this machine. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch (error) {
    toastError(error, 'Could not copy')
    return false
  }
}
