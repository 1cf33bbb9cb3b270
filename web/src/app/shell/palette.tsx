import { Dialog } from '@base-ui/react/dialog'
import { find } from '@muster/contract/dashboard/operations'
import type { ResponseOf } from '@muster/contract/operation'
import { useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { CornerDownLeft, OctagonX, Plus } from 'lucide-react'
import { type ReactNode, useDeferredValue, useState } from 'react'
import { useApiWhen } from '../../api/query.ts'
import { Kbd, useKeyRegistry } from '../../providers/keys.tsx'
import { chooseTheme, themes } from '../../providers/theme.ts'
import { words } from '../../ui/format.ts'
import { Status } from '../../ui/status.tsx'
import { places } from '../nav.ts'

type Found = ResponseOf<typeof find>['items'][number]

const item = 'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 aria-selected:bg-accent-soft'

/** Go, act, find: places, acts of this page, and whatever an id, a number such as GOAL-12 or a word leads to. */
export function Palette({ onClose, onStop }: { readonly onClose: () => void; readonly onStop: () => void }) {
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const asked = useDeferredValue(text.trim())
  const found = useApiWhen(asked.length >= 2, find, { query: { q: asked, limit: 12 } })
  const { shortcuts } = useKeyRegistry()
  const acts = shortcuts().filter(({ group }) => group !== 'Go' && group !== 'Everywhere')
  const then = (run: () => unknown) => (): void => {
    onClose()
    void run()
  }
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Popup className="fixed left-1/2 top-[12vh] z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 rounded-xl border border-line bg-raised shadow-raised outline-none">
          <Dialog.Title className="sr-only">Go, act, find</Dialog.Title>
          <Command label="Go, act, find" shouldFilter loop>
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="A place, an act, GOAL-12, an id, a word…"
              className="min-h-12 w-full border-b border-line bg-transparent px-4 text-[1.07rem] outline-none placeholder:text-faint"
            />
            <Command.List className="max-h-[55vh] overflow-y-auto p-2">
              <Command.Empty className="p-6 text-center text-soft">
                {found.isFetching ? 'Looking…' : 'Nothing is called that.'}
              </Command.Empty>
              {asked.length >= 2 && (found.data?.items.length ?? 0) > 0 && (
                <Group title="Found">
                  {found.data?.items.map((one) => (
                    <Command.Item
                      key={one.id}
                      value={`${asked} ${one.kind} ${one.id}`}
                      keywords={[asked, text]}
                      onSelect={then(() => open(one, navigate))}
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
                <Group title="Here">
                  {acts.map(({ keys, does, run }) => (
                    <Command.Item key={keys} value={does} onSelect={then(run)} className={item}>
                      <CornerDownLeft aria-hidden size={15} className="text-faint" />
                      <span className="flex-1">{does}</span>
                      <Kbd keys={keys} />
                    </Command.Item>
                  ))}
                </Group>
              )}
              <Group title="Go">
                {places.map(({ to, name, letter, icon: Icon }) => (
                  <Command.Item
                    key={to}
                    value={`Go to ${name}`}
                    onSelect={then(() => navigate({ to }))}
                    className={item}
                  >
                    <Icon aria-hidden size={15} className="text-faint" />
                    <span className="flex-1">{name}</span>
                    <Kbd keys={`g ${letter}`} />
                  </Command.Item>
                ))}
              </Group>
              <Group title="Act">
                <Command.Item
                  value="State a new goal"
                  onSelect={then(() => navigate({ to: '/goals/new' }))}
                  className={item}
                >
                  <Plus aria-hidden size={15} className="text-faint" />
                  <span className="flex-1">State a new goal</span>
                  <Kbd keys="n" />
                </Command.Item>
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

/** Where each kind of thing is looked at. */
function open({ kind, id, goal_id, project_id }: Found, navigate: ReturnType<typeof useNavigate>): unknown {
  switch (kind) {
    case 'goal':
      return navigate({ to: '/goals/$goal_id', params: { goal_id: id } })
    case 'task':
      return goal_id === undefined
        ? navigate({ to: '/journal', search: { task: id } })
        : navigate({ to: '/goals/$goal_id', params: { goal_id }, search: { task: id } })
    case 'run':
      return navigate({ to: '/runs/$run_id', params: { run_id: id } })
    case 'approval':
      return navigate({ to: '/approvals', search: { item: id } })
    case 'artifact':
      return navigate({ to: '/artifacts', search: { artifact: id } })
    case 'agent':
      return navigate({ to: '/agents/$agent_id', params: { agent_id: id } })
    case 'document':
      return navigate({ to: '/state', search: { document: id, project: project_id } })
    case 'project':
      return navigate({ to: '/goals', search: { project: id } })
  }
}
