import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { Tag } from '../ui/status.tsx'

export interface ListedVersion {
  readonly version: number
  readonly is_active: boolean
  readonly name?: string
  /** Who made it and when. */
  readonly facts: ReactNode
}

export interface VersionListProps {
  readonly label: string
  readonly versions: readonly ListedVersion[]
  /** The version that is compared with the active one. */
  readonly selected: number | undefined
  readonly onSelect: (version: number | undefined) => void
  readonly restoreLabel: 'Restore' | 'Roll back'
  readonly onRestore: (version: number) => void
  readonly disabledReason: string | undefined
  readonly className?: string
}

/** Every version of something, newest first; an old one can be compared with the active one, and restored. */
export function VersionList({ label, versions, className, ...rest }: VersionListProps) {
  return (
    <ol className={cx('divide-y divide-line', className)} aria-label={label}>
      {versions.map((one) => (
        <li key={one.version} className="flex flex-wrap items-center gap-2 px-4 py-2">
          <span className="min-w-32 flex-1">
            <span className="font-medium">v{one.version}</span>{' '}
            {one.name !== undefined && <bdi className="[overflow-wrap:anywhere]">{one.name}</bdi>}{' '}
            {one.is_active && <Tag tone="good">Active</Tag>}
            <span className="block text-[0.93rem] text-soft">{one.facts}</span>
          </span>
          {!one.is_active && <Acts version={one.version} {...rest} />}
        </li>
      ))}
    </ol>
  )
}

type ActsProps = Omit<VersionListProps, 'label' | 'versions' | 'className'> & { readonly version: number }

function Acts({ version, selected, onSelect, restoreLabel, onRestore, disabledReason }: ActsProps) {
  const isSelected = selected === version
  return (
    <>
      <Button small aria-pressed={isSelected} onClick={() => onSelect(isSelected ? undefined : version)}>
        Compare<span className="sr-only"> v{version}</span>
      </Button>
      <Button small disabledReason={disabledReason} onClick={() => onRestore(version)}>
        {restoreLabel}
        <span className="sr-only"> {restoreLabel === 'Roll back' ? `to v${version}` : `v${version}`}</span>
      </Button>
    </>
  )
}
