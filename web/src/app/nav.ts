import {
  Bot,
  BrainCircuit,
  Coins,
  FileStack,
  Files,
  Goal,
  Inbox,
  type LucideIcon,
  ScrollText,
  Settings,
  Users,
} from 'lucide-react'

export interface Place {
  readonly to:
    | '/'
    | '/goals'
    | '/approvals'
    | '/state'
    | '/journal'
    | '/agents'
    | '/artifacts'
    | '/models'
    | '/costs'
    | '/settings'
  readonly name: string
  /** The letter after `g`. */
  readonly letter: string
  readonly icon: LucideIcon
  /** Whether it has its own place on a phone's bar. */
  readonly on_bar?: true
}

/** The places of the page, in the order of the sidebar. */
export const places: readonly Place[] = [
  { to: '/', name: 'Fleet', letter: 'f', icon: Users, on_bar: true },
  { to: '/goals', name: 'Goals', letter: 'g', icon: Goal, on_bar: true },
  { to: '/approvals', name: 'Approvals', letter: 'a', icon: Inbox, on_bar: true },
  { to: '/state', name: 'State', letter: 's', icon: FileStack },
  { to: '/artifacts', name: 'Artifacts', letter: 'r', icon: Files },
  { to: '/agents', name: 'Agents', letter: 'e', icon: Bot },
  { to: '/models', name: 'Models', letter: 'm', icon: BrainCircuit },
  { to: '/costs', name: 'Costs', letter: 'c', icon: Coins },
  { to: '/journal', name: 'Journal', letter: 'j', icon: ScrollText },
  { to: '/settings', name: 'Settings', letter: 't', icon: Settings },
]
