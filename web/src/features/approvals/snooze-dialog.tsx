import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/overlays/dialog.tsx'

const hour_ms = 3_600_000

/** Until when a question is put aside. Its due time stays. */
export function SnoozeDialog({
  open,
  onClose,
  onChosen,
}: {
  readonly open: boolean
  readonly onClose: () => void
  readonly onChosen: (until: Date) => void
}) {
  const choices: readonly (readonly [string, Date])[] = [
    ['For 1 hour', new Date(Date.now() + hour_ms)],
    ['For 4 hours', new Date(Date.now() + 4 * hour_ms)],
    ['Until tomorrow, 9 AM', tomorrow()],
  ]
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Snooze"
      description="Hides it from the list until then. The due date does not change."
    >
      <div className="flex flex-col gap-2">
        {choices.map(([name, until]) => (
          <Button key={name} className="justify-between" onClick={() => onChosen(until)}>
            {name}{' '}
            <span className="text-soft">
              {until.toLocaleString(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' })}
            </span>
          </Button>
        ))}
      </div>
    </Dialog>
  )
}

function tomorrow(): Date {
  const date = new Date()
  date.setDate(date.getDate() + 1)
  date.setHours(9, 0, 0, 0)
  return date
}
