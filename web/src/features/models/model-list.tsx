import { listModels } from '@muster/contract/gateway/model.operations'
import type { Model, ModelTarget } from '@muster/contract/gateway/models'
import { listProviders } from '@muster/contract/gateway/provider.operations'
import { useNavigate } from '@tanstack/react-router'
import { BrainCircuit, Plus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useApi } from '../../api/query.ts'
import { More, useMore } from '../../components/lists/pages.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { money } from '../../ui/format.ts'
import { Empty, Failed, Loading } from '../../ui/states.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'

const ModelEditor = lazy(async () => ({ default: (await import('./model-editor.tsx')).ModelEditor }))

/** Every alias with where it leads and what that costs. */
export function ModelList() {
  const models = useMore<Model>(listModels, {})
  const providers = useApi(listProviders, { query: { limit: 200 } })
  const navigate = useNavigate()
  const permission = usePermission()
  const [adding, setAdding] = useState(false)
  const open = (name: string): void => void navigate({ to: '/models/$model_name', params: { model_name: name } })
  const add = (
    <Button
      variant="primary"
      icon={<Plus aria-hidden size={15} />}
      disabledReason={
        permission('models:write').reason ?? (providers.data?.items.length === 0 && 'Add a provider first')
      }
      onClick={() => setAdding(true)}
    >
      New model
    </Button>
  )
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2 px-4 py-3">
        <p className="max-w-prose text-soft">
          <code className="font-mono">offline</code> and <code className="font-mono">offline-embed</code> are built in.
          They return extracts and hashed embeddings, without a model.
        </p>
        {models.items.length > 0 && add}
      </div>
      {models.isPending ? (
        <Loading />
      ) : models.error !== null && models.items.length === 0 ? (
        <Failed error={models.error} onRetry={() => void models.refetch()} />
      ) : models.items.length === 0 ? (
        <Empty title="No models yet" icon={<BrainCircuit aria-hidden size={28} strokeWidth={1.5} />} action={add}>
          A model is a name for API calls. It routes to models of your providers, with prices.
          {providers.data?.items.length === 0 && ' Add a provider first.'}
        </Empty>
      ) : (
        <Table
          label="Models"
          columns={columns}
          total={models.items.length}
          rowAt={(index) => models.items[index]}
          keyOf={({ name }) => name}
          onOpen={({ name }) => open(name)}
          max_height="calc(100dvh - 16rem)"
        />
      )}
      <More of={models} />
      {adding && (
        <Suspense>
          <ModelEditor model={undefined} onClose={() => setAdding(false)} onDone={({ name }) => open(name)} />
        </Suspense>
      )}
    </>
  )
}

const columns: readonly Column<Model>[] = [
  {
    key: 'name',
    title: 'Name',
    width: 'minmax(7rem,1fr)',
    cell: ({ name }) => (
      <span className="font-medium" title={name}>
        {name}
      </span>
    ),
  },
  {
    key: 'targets',
    title: 'Routes to',
    width: 'minmax(9rem,2fr)',
    cell: ({ targets, pin }) => (
      <span title={targets.map(inWords).join('\n')}>
        {pin === undefined ? inWords(targets[0]) : `${inWords(pin)}, pinned`}
        {targets.length > 1 && <span className="text-soft"> +{targets.length - 1}</span>}
      </span>
    ),
  },
  {
    key: 'input',
    title: 'Input / 1M tokens',
    width: '8.5rem',
    align: 'right',
    wide_only: true,
    cell: ({ targets }) => range(targets.map(({ prices }) => prices.uncached)),
  },
  {
    key: 'output',
    title: 'Output / 1M tokens',
    width: '8.5rem',
    align: 'right',
    wide_only: true,
    cell: ({ targets }) => range(targets.map(({ prices }) => prices.output)),
  },
  {
    key: 'version',
    title: 'Version',
    width: '4.5rem',
    align: 'right',
    wide_only: true,
    cell: ({ version }) => `v${version}`,
  },
  {
    key: 'since',
    title: 'Active since',
    width: '7rem',
    align: 'right',
    wide_only: true,
    cell: ({ versioned_at }) => <Ago at={versioned_at} />,
  },
]

function inWords(target: Pick<ModelTarget, 'provider' | 'model'> | undefined): string {
  return target === undefined ? '' : `${target.provider} · ${target.model}`
}

function range(prices: readonly number[]): string {
  const [least, most] = [Math.min(...prices), Math.max(...prices)]
  return least === most ? money(least) : `${money(least)} to ${money(most)}`
}
