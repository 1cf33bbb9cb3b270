import { Kbd, useKeyRegistry } from '../../providers/keys.tsx'
import { Checkbox } from '../../ui/field.tsx'
import { Dialog } from '../../ui/overlays/dialog.tsx'

/** Every shortcut of this page, and the switch that turns single keys off. */
export function Sheet({ onClose }: { readonly onClose: () => void }) {
  const { shortcuts, enabled, enable } = useKeyRegistry()
  const all = shortcuts()
  const groups = [...new Set(all.map(({ group }) => group))].sort((one, other) => rank(one) - rank(other))
  return (
    <Dialog open onClose={onClose} wide title="Keyboard shortcuts" description="Off while you type.">
      <div className="grid gap-x-10 gap-y-5 md:grid-cols-2">
        {groups.map((group) => (
          <section key={group}>
            <h3 className="mb-1.5 font-semibold">{group}</h3>
            <dl className="flex flex-col">
              {all
                .filter((shortcut) => shortcut.group === group)
                .map(({ keys, does }) => (
                  <div key={keys} className="flex min-h-8 items-center justify-between gap-4 border-b border-line">
                    <dt>{does}</dt>
                    <dd>
                      <Kbd keys={keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="mt-5">
        <Checkbox
          label="Enable single-key shortcuts"
          checked={enabled}
          onChange={({ target }) => enable(target.checked)}
        />
      </p>
    </Dialog>
  )
}

function rank(group: string): number {
  return group === 'Navigation' ? 2 : group === 'General' ? 1 : 0
}
