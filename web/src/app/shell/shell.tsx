import { Tooltip } from '@base-ui/react/tooltip'
import { MusterError } from '@muster/sdk/errors'
import { useQuery } from '@tanstack/react-query'
import { type ErrorComponentProps, Link, Outlet, useRouter, useRouterState } from '@tanstack/react-router'
import { Suspense, useEffect, useRef } from 'react'
import { LiveProvider, useLiveState } from '../../api/live-context.tsx'
import { KeysProvider, useShortcuts } from '../../providers/keys.tsx'
import { SessionProvider } from '../../providers/session.tsx'
import { sessionQuery } from '../../providers/session-query.ts'
import { Button } from '../../ui/button.tsx'
import { Toasts, undoLatest } from '../../ui/overlays/toast.tsx'
import { PageHead } from '../../ui/panel.tsx'
import { Failed, Loading } from '../../ui/states.tsx'
import { features } from '../features.ts'
import { navigation } from '../navigation.ts'
import { SignIn } from '../sign-in.tsx'
import { CommandLayer } from './command-layer.tsx'
import { StaleBar } from './live-indicator.tsx'
import { PhoneBar } from './phone-bar.tsx'
import { Sidebar } from './sidebar.tsx'
import { StopBanner } from './stop-banner.tsx'

const invalidations = features.flatMap((feature) => feature.invalidations ?? [])

/** Everything around a page: the session, navigation, the live feed, shortcuts and messages. */
export function Shell() {
  const session = useQuery(sessionQuery)
  if (session.data === undefined) {
    if (session.error === null) return <Waiting />
    if (session.error.status === 401) return <SignIn />
    return <Failed error={session.error} onRetry={() => void session.refetch()} />
  }
  return (
    <SessionProvider session={session.data}>
      <LiveProvider after={session.data.newest_event} invalidations={invalidations}>
        <KeysProvider>
          <Tooltip.Provider delay={350}>
            <Toasts>
              <Frame />
            </Toasts>
          </Tooltip.Provider>
        </KeysProvider>
      </LiveProvider>
    </SessionProvider>
  )
}

function Frame() {
  const main = useRef<HTMLElement>(null)
  const live = useLiveState()
  useShortcuts([{ keys: 'u', does: 'Undo last answer', group: 'General', run: () => void undoLatest() }])
  useTitle()
  if (live.status === 'ended') return <SignIn reason={live.reason} />
  return (
    <div className="flex min-h-dvh">
      <button
        type="button"
        onClick={() => main.current?.focus()}
        className="fixed left-2 top-2 z-60 -translate-y-20 rounded-md bg-accent px-3 py-2 text-on-accent focus:translate-y-0"
      >
        Skip to content
      </button>
      <Sidebar />
      <div className="flex min-w-0 flex-1 flex-col">
        <StaleBar />
        <StopBanner />
        <main
          ref={main}
          id="main"
          tabIndex={-1}
          className="mx-auto w-full max-w-[100rem] flex-1 p-4 pb-24 outline-none md:p-6 md:pb-8"
        >
          <Suspense fallback={<Loading lines={8} />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <PhoneBar />
      <CommandLayer />
    </div>
  )
}

function Waiting() {
  return (
    <main className="grid min-h-dvh place-items-center text-soft">
      <p role="status">Loading…</p>
    </main>
  )
}

function useTitle(): void {
  const path = useRouterState({ select: (state) => state.location.pathname })
  useEffect(() => {
    document.title = `${navigation.entryOf(path)?.label ?? 'Muster'} · Muster`
  }, [path])
}

export function NotFound() {
  return (
    <>
      <PageHead title="Page not found" facts="The address may be outdated or incomplete." />
      <Link to="/" className="text-accent underline underline-offset-2">
        Go to Fleet
      </Link>
    </>
  )
}

/** A page that failed: what happened, and two ways to go on. */
export function RouteFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const musterError =
    error instanceof MusterError
      ? error
      : new MusterError('protocol', `The page failed: ${error instanceof Error ? error.message : String(error)}`)
  return (
    <div>
      <Failed
        error={musterError}
        onRetry={() => {
          reset()
          void router.invalidate()
        }}
      />
      <div className="px-4">
        <Button onClick={() => location.reload()}>Reload page</Button>
      </div>
    </div>
  )
}
