import type { ApprovalItem } from '@muster/contract/approvals/approvals'
import { useState } from 'react'
import { SelectionBar } from '../../components/lists/selection-bar.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { plural } from '../../ui/format.ts'
import { answer } from './answers.ts'

/** Approves several at once, where they are of one kind, asked for one reason, and of low risk. */
export function Batch({ items, onDone }: { readonly items: readonly ApprovalItem[]; readonly onDone: () => void }) {
  const permission = usePermission()
  const [busy, setBusy] = useState(false)
  const disabledReason = permission('approvals:decide').reason ?? refusal(items)
  const approve = async (): Promise<void> => {
    setBusy(true)
    for (const item of items) await answer(item, { action: 'approve' })
    setBusy(false)
    onDone()
  }
  return (
    <SelectionBar selected={plural(items.length, 'approval')} onClear={onDone} className="mb-2 rounded-lg px-3">
      <Button small variant="good" busy={busy} disabledReason={disabledReason} onClick={() => void approve()}>
        Approve all
      </Button>
    </SelectionBar>
  )
}

/** Why these may not be answered together; undefined where they may. */
export function refusal(
  items: readonly Pick<ApprovalItem, 'risk' | 'subject_kind' | 'rule' | 'options'>[],
): string | undefined {
  const [first] = items
  if (first === undefined) return 'Select at least one'
  if (items.some(({ risk }) => risk !== 'low')) return 'Only low-risk approvals can be approved together'
  if (items.some(({ subject_kind, rule }) => subject_kind !== first.subject_kind || rule !== first.rule))
    return 'Only approvals of the same type can be approved together'
  if (items.some(({ options }) => !options.includes('approve'))) return 'Some of these cannot be approved'
  return undefined
}
