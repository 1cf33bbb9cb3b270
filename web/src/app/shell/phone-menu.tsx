import { useRouterState } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { openCommands } from '../../providers/command-store.ts'
import { IconButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/overlays/dialog.tsx'
import type { Navigation } from '../navigation.ts'
import { AccountMenu, ThemeMenu } from './account-menus.tsx'
import { PageLink } from './page-link.tsx'
import { ProjectSwitcher } from './project-switcher.tsx'

/** Every page and what the sidebar has beside them, on a phone. It closes when another page is opened. */
export function PhoneMenu(props: { readonly groups: Navigation['groups']; readonly onClose: () => void }) {
  const { groups, onClose } = props
  const path = useRouterState({ select: (state) => state.location.pathname })
  const opened_at = useRef(path)
  useEffect(() => {
    if (path !== opened_at.current) onClose()
  }, [path, onClose])
  return (
    <Dialog open onClose={onClose} title="Menu">
      <div className="flex items-center gap-1">
        <div className="min-w-0 flex-1">
          <ProjectSwitcher />
        </div>
        <IconButton
          label="Search or run a command"
          icon={<Search aria-hidden size={16} />}
          onClick={() => {
            onClose()
            openCommands()
          }}
        />
      </div>
      <nav aria-label="All pages" className="mt-2">
        {groups.map(({ title, entries }) => (
          <div key={title} role="group" aria-label={title}>
            <p aria-hidden className="px-2.5 pt-1 text-[0.86rem] text-faint">
              {title}
            </p>
            <div className="grid grid-cols-2">
              {entries.map((entry) => (
                <PageLink key={entry.to} entry={entry} layout="menu" />
              ))}
            </div>
          </div>
        ))}
      </nav>
      <div className="mt-2 flex items-center gap-1 border-t border-line pt-2">
        <AccountMenu />
        <ThemeMenu />
      </div>
    </Dialog>
  )
}
