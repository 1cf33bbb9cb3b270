import { lazy, Suspense, useEffect, useState } from 'react'

const EmergencyStopDialog = lazy(async () => ({
  default: (await import('./emergency-stop-dialog.tsx')).EmergencyStopDialog,
}))

/** The emergency stop's window, loaded when it is first wanted. */
export function EmergencyStop({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const [wasOpened, setWasOpened] = useState(false)
  useEffect(() => {
    if (open) setWasOpened(true)
  }, [open])
  if (!wasOpened) return null
  return (
    <Suspense fallback={null}>
      <EmergencyStopDialog open={open} onClose={onClose} />
    </Suspense>
  )
}
