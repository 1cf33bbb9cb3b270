import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState, useSyncExternalStore } from 'react'
import { EmergencyStop } from '../../components/emergency-stop.tsx'
import { closeLayer, onLayer, openCommands, openLayer, openSheet } from '../../providers/command-store.ts'
import { type Shortcut, useShortcuts } from '../../providers/keys.tsx'
import { places } from '../nav.ts'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))
const Sheet = lazy(async () => ({ default: (await import('./sheet.tsx')).Sheet }))

/** What can be opened over every page: the palette, the sheet of shortcuts, the emergency stop. */
export function CommandLayer() {
  const layer = useSyncExternalStore(onLayer, openLayer)
  const [stopping, setStopping] = useState(false)
  const navigate = useNavigate()
  const going = places.map(
    ({ to, name, letter }): Shortcut => ({
      keys: `g ${letter}`,
      does: `Go to ${name}`,
      group: 'Go',
      run: () => void navigate({ to }),
    }),
  )
  useShortcuts([
    ...going,
    {
      keys: 'mod+k',
      does: 'Go, act, find by id',
      group: 'Everywhere',
      run: () => (openLayer() === 'commands' ? closeLayer() : openCommands()),
    },
    { keys: '?', does: 'Show the shortcuts', group: 'Everywhere', run: openSheet },
    { keys: 'n', does: 'State a new goal', group: 'Everywhere', run: () => void navigate({ to: '/goals/new' }) },
  ])
  return (
    <Suspense fallback={null}>
      {layer === 'commands' && (
        <Palette
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
