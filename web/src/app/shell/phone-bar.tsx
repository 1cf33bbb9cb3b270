import { Ellipsis } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { navigation } from '../navigation.ts'
import { PageLink } from './page-link.tsx'

const PhoneMenu = lazy(async () => ({ default: (await import('./phone-menu.tsx')).PhoneMenu }))

/** The navigation on a phone: the most used pages, and the rest in a menu. */
export function PhoneBar() {
  const [open, setOpen] = useState(false)
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-20 flex items-stretch justify-around border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {navigation.entries
        .filter(({ on_phone_bar }) => on_phone_bar)
        .map((entry) => (
          <PageLink key={entry.to} entry={entry} layout="bar" />
        ))}
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        className="flex min-h-14 min-w-16 flex-col items-center justify-center gap-0.5 text-[0.86rem] text-soft"
      >
        <Ellipsis aria-hidden size={18} />
        More
      </button>
      {open && (
        <Suspense fallback={null}>
          <PhoneMenu groups={navigation.groups} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </nav>
  )
}
