import { Link } from '@tanstack/react-router'
import { Keyboard, Search } from 'lucide-react'
import { openCommands, openSheet } from '../../providers/command-store.ts'
import { keyText } from '../../providers/keys.tsx'
import { IconButton } from '../../ui/button.tsx'
import mark from '../mark.svg'
import { navigation } from '../navigation.ts'
import { AccountMenu, ThemeMenu } from './account-menus.tsx'
import { LiveIndicator } from './live-indicator.tsx'
import { PageLink } from './page-link.tsx'
import { ProjectSwitcher } from './project-switcher.tsx'

/** The navigation on wide screens; below 1024 pixels it is a rail of icons, and phones have a bar instead. */
export function Sidebar() {
  return (
    <aside
      className="sticky top-0 flex h-dvh w-60 shrink-0 flex-col gap-2 border-r border-line bg-surface p-3 max-lg:w-16 max-md:hidden"
      aria-label="Muster"
    >
      <div className="flex min-h-8 items-center justify-between gap-1 max-lg:flex-col">
        <Link to="/" className="flex min-h-8 items-center gap-2.5 rounded-md px-1.5">
          <img src={mark} alt="" width={24} height={24} />
          <span className="text-[1.1rem] font-semibold tracking-tight max-lg:sr-only">Muster</span>
        </Link>
        <LiveIndicator />
      </div>
      <div className="flex items-center gap-1">
        <div className="min-w-0 flex-1 max-lg:hidden">
          <ProjectSwitcher />
        </div>
        <IconButton
          label="Search or run a command"
          keys={keyText('mod+k')}
          icon={<Search aria-hidden size={16} />}
          onClick={openCommands}
        />
      </div>
      <nav aria-label="Main" className="-mx-1 flex min-h-0 flex-1 flex-col overflow-y-auto px-1">
        {navigation.groups.map(({ title, entries }) => (
          <div
            key={title}
            role="group"
            aria-label={title}
            className="not-first:max-lg:border-t border-line pb-1.5 short:pb-1 max-lg:py-1"
          >
            <p aria-hidden className="px-2.5 py-0.5 text-[0.82rem] text-faint max-lg:hidden short:py-0">
              {title}
            </p>
            {entries.map((entry) => (
              <PageLink key={entry.to} entry={entry} layout="sidebar" />
            ))}
          </div>
        ))}
      </nav>
      <div className="flex items-center justify-between gap-1 max-lg:flex-col">
        <AccountMenu />
        <IconButton label="Keyboard shortcuts" keys="?" icon={<Keyboard aria-hidden size={16} />} onClick={openSheet} />
        <ThemeMenu />
      </div>
    </aside>
  )
}
