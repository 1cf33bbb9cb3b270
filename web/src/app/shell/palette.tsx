import { Dialog } from '@base-ui/react/dialog'
import { find } from '@muster/contract/dashboard/operations'
import { useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { CornerDownLeft, OctagonX } from 'lucide-react'
import { type ReactNode, useDeferredValue, useState } from 'react'
import { useApiWhen } from '../../api/query.ts'
import { Kbd, useKeyRegistry } from '../../providers/keys.tsx'
import { chooseTheme, themes } from '../../providers/theme.ts'
import { words } from '../../ui/format.ts'
import { Status } from '../../ui/status.tsx'
import type { Navigation } from '../navigation.ts'

const item = 'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 aria-selected:bg-accent-soft'

/** The command menu: pages, actions of this page, and search by an id, a number such as GOAL-12 or words. */
export function Palette(props: {
  readonly navigation: Navigation
  readonly onClose: () => void
  readonly onStop: () => void
}) {
  const { navigation, onClose, onStop } = props
  const { entries, commands, openResult } = navigation
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const searchText = useDeferredValue(text.trim())
  const searchResults = useApiWhen(searchText.length >= 2, find, { query: { q: searchText, limit: 12 } })
  const { shortcuts } = useKeyRegistry()
  const acts = shortcuts().filter(({ group }) => group !== 'Navigation' && group !== 'General')
  const then = (run: () => unknown) => (): void => {
    onClose()
    void run()
  }
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Popup className="fixed left-1/2 top-[12vh] z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 rounded-xl border border-line bg-raised shadow-raised outline-none">
          <Dialog.Title className="sr-only">Search or run a command</Dialog.Title>
          <Command label="Search or run a command" shouldFilter loop>
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="Search or run a command"
              className="min-h-12 w-full border-b border-line bg-transparent px-4 text-[1.07rem] outline-none placeholder:text-faint"
            />
            <Command.List className="max-h-[55vh] overflow-y-auto p-2">
              <Command.Empty className="p-6 text-center text-soft">
                {searchResults.isFetching ? 'Searching…' : 'No results'}
              </Command.Empty>
              {searchText.length >= 2 && (searchResults.data?.items.length ?? 0) > 0 && (
                <Group title="Results">
                  {searchResults.data?.items.map((one) => (
                    <Command.Item
                      key={one.id}
                      value={`${searchText} ${one.kind} ${one.id}`}
                      keywords={[searchText, text]}
                      onSelect={then(() => openResult(one, navigate))}
                      className={item}
                    >
                      <span className="w-20 shrink-0 text-faint">{words(one.kind)}</span>
                      <span className="min-w-0 flex-1 truncate">
                        {one.number !== undefined && (
                          <span className="mr-1.5 font-mono text-faint">GOAL-{one.number}</span>
                        )}
                        {one.title}
                      </span>
                      {one.status !== undefined && <Status state={one.status} />}
                    </Command.Item>
                  ))}
                </Group>
              )}
              {acts.length > 0 && (
                <Group title="This page">
                  {acts.map(({ keys, does, run }) => (
                    <Command.Item key={keys} value={does} onSelect={then(run)} className={item}>
                      <CornerDownLeft aria-hidden size={15} className="text-faint" />
                      <span className="flex-1">{does}</span>
                      <Kbd keys={keys} />
                    </Command.Item>
                  ))}
                </Group>
              )}
              <Group title="Go to">
                {entries.map(({ to, label, key, icon: Icon }) => (
                  <Command.Item
                    key={to}
                    value={`Go to ${label}`}
                    onSelect={then(() => navigate({ to }))}
                    className={item}
                  >
                    <Icon aria-hidden size={15} className="text-faint" />
                    <span className="flex-1">{label}</span>
                    <Kbd keys={`g ${key}`} />
                  </Command.Item>
                ))}
              </Group>
              <Group title="Actions">
                {commands.map(({ keys, label, icon: Icon, run }) => (
                  <Command.Item key={keys} value={label} onSelect={then(() => run(navigate))} className={item}>
                    <Icon aria-hidden size={15} className="text-faint" />
                    <span className="flex-1">{label}</span>
                    <Kbd keys={keys} />
                  </Command.Item>
                ))}
                {themes.map((theme) => (
                  <Command.Item
                    key={theme}
                    value={`Theme ${theme}`}
                    onSelect={then(() => chooseTheme(theme))}
                    className={item}
                  >
                    <span className="pl-6">Theme: {theme}</span>
                  </Command.Item>
                ))}
                <Command.Item value="Emergency stop" onSelect={onStop} className={`${item} text-bad`}>
                  <OctagonX aria-hidden size={15} />
                  Emergency stop…
                </Command.Item>
              </Group>
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Command.Group
      heading={title}
      className="mb-1 **:[[cmdk-group-heading]]:px-2.5 **:[[cmdk-group-heading]]:py-1 **:[[cmdk-group-heading]]:text-[0.86rem] **:[[cmdk-group-heading]]:text-faint"
    >
      {children}
    </Command.Group>
  )
}
