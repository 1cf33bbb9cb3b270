import { listApprovals } from '@muster/contract/approvals/operations'
import { closeSession } from '@muster/contract/identity/operations'
import { Link, useSearch } from '@tanstack/react-router'
import { CircleUser, Ellipsis, Keyboard, LogOut, Monitor, Moon, Search, Sun } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { client } from '../../api/client.ts'
import { queryClient, useApi } from '../../api/query.ts'
import { openCommands, openSheet } from '../../providers/command-store.ts'
import { Kbd } from '../../providers/keys.tsx'
import { useSession } from '../../providers/session.tsx'
import { sessionQuery } from '../../providers/session-query.ts'
import { chooseTheme, chosenTheme, onTheme } from '../../providers/theme.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Menu } from '../../ui/menu.tsx'
import mark from '../mark.svg'
import { type Place, places } from '../nav.ts'
import { LiveIndicator } from './live-indicator.tsx'
import { ProjectSwitcher } from './project-switcher.tsx'

/** The way about on a wide screen. */
export function Sidebar() {
  return (
    <aside
      className="sticky top-0 flex h-dvh w-60 shrink-0 flex-col gap-3 border-r border-line bg-surface p-3 max-lg:w-16 max-md:hidden"
      aria-label="Muster"
    >
      <Link to="/" className="flex min-h-9 items-center gap-2.5 rounded-md px-1.5">
        <img src={mark} alt="" width={26} height={26} />
        <span className="text-[1.1rem] font-semibold tracking-tight max-lg:sr-only">Muster</span>
      </Link>
      <div className="max-lg:hidden">
        <ProjectSwitcher />
      </div>
      <Button
        onClick={openCommands}
        className="justify-start text-soft max-lg:px-0 max-lg:justify-center"
        icon={<Search aria-hidden size={15} />}
      >
        <span className="flex-1 text-left max-lg:sr-only">Go, act, find</span>
        <span className="max-lg:hidden">
          <Kbd keys="mod+k" />
        </span>
      </Button>
      <nav aria-label="Places" className="flex flex-1 flex-col gap-0.5 overflow-y-auto">
        {places.map((place) => (
          <PlaceLink key={place.to} place={place} />
        ))}
      </nav>
      <div className="flex flex-col gap-2">
        <LiveIndicator />
        <div className="flex items-center justify-between gap-1 max-lg:flex-col">
          <PersonMenu />
          <IconButton
            label="Keyboard shortcuts"
            keys="?"
            icon={<Keyboard aria-hidden size={16} />}
            onClick={openSheet}
          />
          <ThemeMenu />
        </div>
      </div>
    </aside>
  )
}

function PlaceLink({ place: { to, name, icon: Icon } }: { readonly place: Place }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === '/', includeSearch: false }}
      className="flex min-h-9 items-center gap-2.5 rounded-md px-2.5 text-soft hover:bg-sunken hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent-strong max-lg:justify-center"
    >
      <Icon aria-hidden size={16} className="shrink-0" />
      <span className="flex-1 max-lg:sr-only">{name}</span>
      {to === '/approvals' && <Waiting />}
    </Link>
  )
}

/** How many questions wait for a decision now: open, and not put aside. Nothing else counts. */
function Waiting() {
  const { project } = useSearch({ from: '__root__' })
  const waiting = useApi(listApprovals, {
    query: { limit: 1, page: 1, page_size: 1, ...(project === undefined ? {} : { project_id: project }) },
  })
  const total = waiting.data?.total ?? 0
  if (total === 0) return null
  return (
    <span className="min-w-5 rounded-full bg-ask-soft px-1.5 text-center text-[0.86rem] font-semibold text-ask tabular-nums">
      {total}
      <span className="sr-only"> waiting for a decision</span>
    </span>
  )
}

/** The way about on a phone: three places, the palette, and the rest behind a menu. */
export function BottomBar() {
  return (
    <nav
      aria-label="Places"
      className="fixed inset-x-0 bottom-0 z-20 flex items-stretch justify-around border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {places
        .filter(({ on_bar }) => on_bar)
        .map(({ to, name, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === '/', includeSearch: false }}
            className="relative flex min-h-14 min-w-16 flex-col items-center justify-center gap-0.5 text-[0.86rem] text-soft aria-[current=page]:text-accent-strong"
          >
            <Icon aria-hidden size={18} />
            {name}
            {to === '/approvals' && (
              <span className="absolute right-1 top-1">
                <Waiting />
              </span>
            )}
          </Link>
        ))}
      <button
        type="button"
        onClick={openCommands}
        className="flex min-h-14 min-w-16 flex-col items-center justify-center gap-0.5 text-[0.86rem] text-soft"
      >
        <Ellipsis aria-hidden size={18} />
        More
      </button>
    </nav>
  )
}

function PersonMenu() {
  const { name, organization } = useSession()
  return (
    <Menu
      label="You"
      trigger={
        <Button
          variant="ghost"
          className="min-w-0 flex-1 justify-start px-1.5 max-lg:flex-none"
          aria-label={`You are ${name} of ${organization.name}`}
          icon={<CircleUser aria-hidden size={16} className="shrink-0" />}
        >
          <span className="truncate max-lg:sr-only">{name}</span>
        </Button>
      }
      items={[
        { label: 'Sign out of this browser', icon: <LogOut aria-hidden size={15} />, onSelect: () => void signOut() },
      ]}
    />
  )
}

async function signOut(): Promise<void> {
  await client.call(closeSession)
  queryClient.clear()
  await queryClient.resetQueries({ queryKey: sessionQuery.queryKey })
  location.assign('/')
}

const themeIcons = { light: Sun, dark: Moon, system: Monitor } as const

function ThemeMenu() {
  const theme = useSyncExternalStore(onTheme, chosenTheme)
  const Icon = themeIcons[theme]
  return (
    <Menu
      label="Theme"
      trigger={<IconButton label={`Theme: ${theme}`} icon={<Icon aria-hidden size={16} />} />}
      items={(['light', 'dark', 'system'] as const).map((choice) => {
        const ChoiceIcon = themeIcons[choice]
        return {
          label: (
            <span className={cx(choice === theme && 'font-semibold')}>
              {{ light: 'Light', dark: 'Dark', system: 'As the system' }[choice]}
            </span>
          ),
          icon: <ChoiceIcon aria-hidden size={15} />,
          onSelect: () => chooseTheme(choice),
        }
      })}
    />
  )
}
