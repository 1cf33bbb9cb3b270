import { discoverProviders } from '@muster/contract/gateway/provider.operations'
import type { ResponseOf } from '@muster/contract/operation'
import { Plus, ScanSearch } from 'lucide-react'
import { useState } from 'react'
import { useApiWhen } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { plural } from '../../../ui/format.ts'
import { Failed } from '../../../ui/states.tsx'
import { Tag } from '../../../ui/status.tsx'

export type Found = ResponseOf<typeof discoverProviders>['items'][number]

/** Servers of models on the machine that Muster runs on, looked for when somebody asks. */
export function Discovered({
  disabledReason,
  onAdd,
}: {
  readonly disabledReason: string | undefined
  readonly onAdd: (provider: Found) => void
}) {
  const [looks, setLooks] = useState(false)
  const discovery = useApiWhen(looks, discoverProviders)
  return (
    <div className="mb-3 flex flex-col items-start gap-2">
      <Button
        small
        icon={<ScanSearch aria-hidden size={14} />}
        disabledReason={disabledReason}
        busy={discovery.isFetching}
        onClick={() => (looks ? void discovery.refetch() : setLooks(true))}
      >
        Detect local models
      </Button>
      <div role="status" className="w-full">
        {discovery.error !== null && <Failed compact error={discovery.error} />}
        {discovery.data !== undefined && <DiscoveryResult {...discovery.data} onAdd={onAdd} />}
      </div>
    </div>
  )
}

function DiscoveryResult({
  allowed,
  items,
  onAdd,
}: ResponseOf<typeof discoverProviders> & { readonly onAdd: (provider: Found) => void }) {
  if (!allowed)
    return (
      <p className="text-soft">
        Local models are not allowed. To allow them, set{' '}
        <code className="font-mono [overflow-wrap:anywhere]">MUSTER_MODEL_ADDRESSES=loopback</code>.
      </p>
    )
  if (items.length === 0)
    return (
      <p className="text-soft">No local models found on the default ports of Ollama, vLLM, LM Studio and llama.cpp.</p>
    )
  return (
    <ul className="divide-y divide-line rounded-md border border-line" aria-label="Local models">
      {items.map((one) => (
        <li key={one.base_url} className="flex flex-wrap items-center gap-2 px-3 py-2">
          <span className="min-w-40 flex-1">
            <span className="font-medium">{one.name}</span>{' '}
            <span className="text-soft">{plural(one.models.length, 'model')}</span>
            <code className="block font-mono text-[0.93rem] text-soft [overflow-wrap:anywhere]">{one.base_url}</code>
          </span>
          {one.provider === undefined ? (
            <Button small icon={<Plus aria-hidden size={13} />} onClick={() => onAdd(one)}>
              Add {one.name}
            </Button>
          ) : (
            <Tag tone="good">Added as {one.provider}</Tag>
          )}
        </li>
      ))}
    </ul>
  )
}
