import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState, useSyncExternalStore } from 'react'
import { EmergencyStop } from '../../components/emergency-stop/emergency-stop.tsx'
import { closeLayer, onLayer, openCommands, openLayer, openSheet } from '../../providers/command-store.ts'
import { type Shortcut, useShortcuts } from '../../providers/keys.tsx'
import { navigation } from '../navigation.ts'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))
const Sheet = lazy(async () => ({ default: (await import('./sheet.tsx')).Sheet }))

/** What can be opened over every page: the command menu, the list of shortcuts, the emergency stop. */
export function CommandLayer() {
  const layer = useSyncExternalStore(onLayer, openLayer)
  const [stopping, setStopping] = useState(false)
  const navigate = useNavigate()
  useShortcuts([
    ...navigation.entries.map(
      ({ to, label, key }): Shortcut => ({
        keys: `g ${key}`,
        does: `Go to ${label}`,
        group: 'Navigation',
        run: () => void navigate({ to }),
      }),
    ),
    {
      keys: 'mod+k',
      does: 'Search or run a command',
      group: 'General',
      run: () => (openLayer() === 'commands' ? closeLayer() : openCommands()),
    },
    { keys: '?', does: 'Keyboard shortcuts', group: 'General', run: openSheet },
    ...navigation.commands.map(
      ({ keys, label, run }): Shortcut => ({ keys, does: label, group: 'General', run: () => void run(navigate) }),
    ),
  ])
  return (
    <Suspense fallback={null}>
      {layer === 'commands' && (
        <Palette
          navigation={navigation}
          onClose={closeLayer}
          onStop={() => {
            closeLayer()
            setStopping(true)
          }}
        />
      )}
      {layer === 'sheet' && <Sheet onClose={closeLayer} />}
      <EmergencyStop open={stopping} onClose={() => setStopping(false)} />
    </Suspense>
  )
}
