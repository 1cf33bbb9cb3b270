import { Link } from '@tanstack/react-router'
import { Suspense } from 'react'
import type { Entry } from '../navigation.ts'

export type PageLinkLayout = 'sidebar' | 'bar' | 'menu'

const layouts: Readonly<Record<PageLinkLayout, string>> = {
  sidebar:
    'relative flex min-h-8 items-center gap-2.5 rounded-md px-2.5 hover:bg-sunken hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium max-lg:justify-center short:min-h-[24px]',
  bar: 'relative flex min-h-14 min-w-16 flex-col items-center justify-center gap-0.5 text-[0.86rem]',
  menu: 'flex min-h-11 min-w-0 items-center gap-2.5 rounded-md px-2.5 hover:bg-sunken aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium',
}
const icon_sizes: Readonly<Record<PageLinkLayout, number>> = { sidebar: 16, bar: 18, menu: 18 }
/** Over the icon where there is no room beside the label. */
const badges: Readonly<Record<PageLinkLayout, string>> = {
  sidebar: 'contents max-lg:absolute max-lg:-right-1.5 max-lg:-top-1 max-lg:block max-lg:scale-85',
  bar: 'absolute right-1 top-1',
  menu: 'contents',
}
const labels: Readonly<Record<PageLinkLayout, string>> = {
  sidebar: 'flex-1 truncate max-lg:sr-only',
  bar: '',
  menu: 'min-w-0 flex-1 truncate',
}

/** A link to one page of the navigation. */
export function PageLink({ entry, layout }: { readonly entry: Entry; readonly layout: PageLinkLayout }) {
  const { to, label, icon: Icon, badge: Badge } = entry
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === '/', includeSearch: false }}
      className={`text-soft aria-[current=page]:text-accent-strong ${layouts[layout]}`}
    >
      <Icon aria-hidden size={icon_sizes[layout]} className="shrink-0" />
      <span className={labels[layout]}>{label}</span>
      {Badge !== undefined && (
        <span className={badges[layout]}>
          <Suspense fallback={null}>
            <Badge />
          </Suspense>
        </span>
      )}
    </Link>
  )
}
