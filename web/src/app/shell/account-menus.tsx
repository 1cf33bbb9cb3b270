import { closeSession } from '@muster/contract/identity/operations'
import { CircleUser, LogOut, Monitor, Moon, Sun } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { client } from '../../api/client.ts'
import { queryClient } from '../../api/query.ts'
import { useSession } from '../../providers/session.tsx'
import { sessionQuery } from '../../providers/session-query.ts'
import { chooseTheme, chosenTheme, onTheme, themes } from '../../providers/theme.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Menu } from '../../ui/overlays/menu.tsx'

export function AccountMenu() {
  const { name, organization } = useSession()
  return (
    <Menu
      label="Account"
      trigger={
        <Button
          variant="ghost"
          className="min-w-0 flex-1 justify-start px-1.5 max-lg:md:flex-none"
          aria-label={`Account: ${name}, ${organization.name}`}
          icon={<CircleUser aria-hidden size={16} className="shrink-0" />}
        >
          <span className="truncate max-lg:md:sr-only">{name}</span>
        </Button>
      }
      items={[{ label: 'Sign out', icon: <LogOut aria-hidden size={15} />, onSelect: () => void signOut() }]}
    />
  )
}

async function signOut(): Promise<void> {
  await client.call(closeSession)
  queryClient.clear()
  await queryClient.resetQueries({ queryKey: sessionQuery.queryKey })
  location.assign('/')
}

const themeLooks = {
  light: [Sun, 'Light'],
  dark: [Moon, 'Dark'],
  system: [Monitor, 'System'],
} as const

export function ThemeMenu() {
  const theme = useSyncExternalStore(onTheme, chosenTheme)
  const [Icon, name] = themeLooks[theme]
  return (
    <Menu
      label="Theme"
      trigger={<IconButton label={`Theme: ${name}`} icon={<Icon aria-hidden size={16} />} />}
      items={themes.map((choice) => {
        const [ChoiceIcon, label] = themeLooks[choice]
        return {
          label: <span className={cx(choice === theme && 'font-semibold')}>{label}</span>,
          icon: <ChoiceIcon aria-hidden size={15} />,
          onSelect: () => chooseTheme(choice),
        }
      })}
    />
  )
}
