import {
  Ban,
  Check,
  CheckCheck,
  CircleAlert,
  CircleDashed,
  CircleDot,
  CircleHelp,
  CircleSlash,
  CircleX,
  Clock,
  Eye,
  FileQuestion,
  Hourglass,
  type LucideIcon,
  Moon,
  OctagonX,
  Pause,
  Play,
  Power,
  Route,
  Undo2,
  Unplug,
  Zap,
} from 'lucide-react'
import { cx } from './cx.ts'
import { words } from './format.ts'

export type Tone = 'quiet' | 'good' | 'warn' | 'bad' | 'busy' | 'ask'

/** How a state looks. Colour never speaks alone: each has a picture and a word. */
const looks: Readonly<Record<string, readonly [Tone, LucideIcon]>> = {
  pending: ['quiet', CircleDashed],
  ready: ['busy', CircleDot],
  running: ['busy', Play],
  live: ['busy', Play],
  in_review: ['busy', Eye],
  awaiting_approval: ['ask', CircleHelp],
  acting: ['busy', Zap],
  done: ['good', Check],
  finished: ['good', Check],
  applied: ['good', CheckCheck],
  failed: ['bad', CircleX],
  lost: ['bad', Unplug],
  rejected: ['bad', Ban],
  skipped: ['quiet', CircleSlash],
  cancelled: ['quiet', Ban],
  planning: ['quiet', Route],
  paused: ['warn', Pause],
  given_back: ['quiet', Undo2],
  open: ['ask', FileQuestion],
  decided: ['busy', Hourglass],
  expired: ['warn', Clock],
  withdrawn: ['quiet', Undo2],
  active: ['good', Power],
  working: ['busy', Play],
  idle: ['quiet', Moon],
  offline: ['quiet', Unplug],
  error: ['bad', CircleAlert],
  retired: ['quiet', CircleSlash],
  stopped: ['bad', OctagonX],
  ok: ['good', Check],
  degraded: ['warn', CircleAlert],
  failing: ['bad', CircleX],
  critical: ['bad', OctagonX],
  warning: ['warn', CircleAlert],
  info: ['quiet', CircleDot],
  high: ['bad', CircleAlert],
  medium: ['warn', CircleDot],
  low: ['good', CircleDashed],
}

const tones: Readonly<Record<Tone, string>> = {
  quiet: 'bg-sunken text-soft',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  busy: 'bg-busy-soft text-busy',
  ask: 'bg-ask-soft text-ask',
}

/** Where the name of a state is not the word for it. */
const labels: Readonly<Record<string, string>> = { given_back: 'Released', live: 'Running', ok: 'OK' }

export function toneOf(state: string): Tone {
  return looks[state]?.[0] ?? 'quiet'
}

/** The picture of a state alone, where its word stands beside it. */
export function StatusIcon({ state, size = 14 }: { readonly state: string; readonly size?: number }) {
  const [, Icon] = looks[state] ?? (['quiet', CircleDot] as const)
  return <Icon aria-hidden size={size} strokeWidth={2.25} className="shrink-0" />
}

/** A state as picture, word and colour. */
export function Status({
  state,
  label,
  className,
}: {
  readonly state: string
  readonly label?: string
  readonly className?: string
}) {
  return (
    <span
      className={cx(
        'inline-flex items-center gap-1 whitespace-nowrap rounded-full px-2 py-px text-[0.86rem] font-medium',
        tones[toneOf(state)],
        className,
      )}
    >
      <StatusIcon state={state} size={12} />
      {label ?? labels[state] ?? words(state)}
    </span>
  )
}

/** A small word on a tinted ground. */
export function Tag({ tone = 'quiet', children }: { readonly tone?: Tone; readonly children: React.ReactNode }) {
  return (
    <span
      className={cx(
        'inline-flex items-center gap-1 whitespace-nowrap rounded-md px-1.5 py-px text-[0.86rem]',
        tones[tone],
      )}
    >
      {children}
    </span>
  )
}
