import { type Attempt, attemptOutcomes } from '@muster/contract/gateway/attempts'
import { listAttempts, listModels } from '@muster/contract/gateway/model.operations'
import { listProviders } from '@muster/contract/gateway/provider.operations'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { List, RefreshCw } from 'lucide-react'
import { useApi } from '../../../api/query.ts'
import { More, useMore } from '../../../components/lists/pages.tsx'
import { SearchBox } from '../../../components/lists/search-box.tsx'
import { Button } from '../../../ui/button.tsx'
import { Select } from '../../../ui/field.tsx'
import { count, duration, money, words } from '../../../ui/format.ts'
import { SidePanel } from '../../../ui/overlays/dialog.tsx'
import { Empty, Failed, Loading } from '../../../ui/states.tsx'
import { type Column, Table } from '../../../ui/table.tsx'
import { Ago } from '../../../ui/time.tsx'
import { CallView, Outcome } from './call-view.tsx'

/** Every request to a provider, newest first: how it ended, its tokens, and what it cost. */
export function Calls() {
  const { model, provider, outcome, request, call } = useSearch({ from: '/models' })
  const navigate = useNavigate({ from: '/models' })
  const change = (
    more: { [name in 'model' | 'provider' | 'outcome' | 'request' | 'call']?: string | undefined },
  ): void => void navigate({ to: '/models', search: (before) => ({ ...before, ...more }), replace: true })
  const query = {
    ...(model && { model }),
    ...(provider && { provider }),
    ...(outcome && { outcome }),
    ...(request && { request_id: request }),
  }
  const calls = useMore<Attempt>(listAttempts, { query })
  const selectedCall = calls.items.find(({ id }) => id === call)
  const isFiltered = Object.keys(query).length > 0
  return (
    <>
      <Filters values={{ model, provider, outcome, request }} change={change}>
        <Button
          small
          icon={<RefreshCw aria-hidden size={13} />}
          busy={calls.isRefetching}
          onClick={() => void calls.refetch()}
        >
          Refresh
        </Button>
      </Filters>
      {calls.isPending ? (
        <Loading lines={8} />
      ) : calls.error !== null && calls.items.length === 0 ? (
        <Failed error={calls.error} onRetry={() => void calls.refetch()} />
      ) : calls.items.length === 0 ? (
        <Empty
          title={isFiltered ? 'No matching calls' : 'No calls yet'}
          icon={<List aria-hidden size={28} strokeWidth={1.5} />}
        >
          {isFiltered
            ? 'Change or clear the filters.'
            : 'Each request to a provider appears here with its tokens and cost.'}
        </Empty>
      ) : (
        <Table
          label="Calls"
          columns={columns}
          total={calls.items.length}
          rowAt={(index) => calls.items[index]}
          keyOf={({ id }) => id}
          selected={call}
          onOpen={({ id }) => change({ call: id })}
          max_height="calc(100dvh - 18rem)"
        />
      )}
      <More of={calls} />
      <SidePanel open={selectedCall !== undefined} onClose={() => change({ call: undefined })} title="Model call">
        {selectedCall !== undefined && <CallView attempt={selectedCall} />}
      </SidePanel>
    </>
  )
}

function Filters(props: {
  readonly values: { readonly [name in 'model' | 'provider' | 'outcome' | 'request']: string | undefined }
  readonly change: (more: { [name in 'model' | 'provider' | 'outcome' | 'request']?: string | undefined }) => void
  readonly children: React.ReactNode
}) {
  const { values, change, children } = props
  const models = useApi(listModels, { query: { limit: 200 } })
  const providers = useApi(listProviders, { query: { limit: 200 } })
  const nameOptions = (items: readonly { readonly name: string }[] = [], ...more: readonly string[]) =>
    [...items.map(({ name }) => name), ...more].map((name) => [name, name] as const)
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 max-md:grid max-md:grid-cols-2">
      <Select
        aria-label="Model"
        className="md:max-w-44"
        value={values.model ?? ''}
        options={[['', 'Any model'], ...nameOptions(models.data?.items, 'offline', 'offline-embed')]}
        onChange={({ target }) => change({ model: target.value || undefined })}
      />
      <Select
        aria-label="Provider"
        className="md:max-w-44"
        value={values.provider ?? ''}
        options={[['', 'Any provider'], ...nameOptions(providers.data?.items, 'offline')]}
        onChange={({ target }) => change({ provider: target.value || undefined })}
      />
      <Select
        aria-label="Outcome"
        className="md:max-w-44"
        value={values.outcome ?? ''}
        options={[
          ['', 'Any outcome'],
          [failures, 'All failures'],
          ...attemptOutcomes.map((one) => [one, words(one)] as const),
        ]}
        onChange={({ target }) => change({ outcome: target.value || undefined })}
      />
      <SearchBox
        label="Request"
        placeholder="Request ID"
        className="md:max-w-56"
        value={values.request ?? ''}
        onChange={(value) => change({ request: value || undefined })}
      />
      <span className="ml-auto">{children}</span>
    </div>
  )
}

const failures = attemptOutcomes.filter((one) => one !== 'ok' && one !== 'client_gone').join(',')

const columns: readonly Column<Attempt>[] = [
  {
    key: 'outcome',
    title: 'Outcome',
    width: 'minmax(7.5rem,9rem)',
    cell: (attempt) => <Outcome attempt={attempt} />,
  },
  {
    key: 'model',
    title: 'Model',
    width: 'minmax(4.5rem,1.2fr)',
    cell: ({ model, model_version }) => (
      <>
        <span className="font-medium">{model}</span>
        {model_version > 0 && <span className="text-soft"> v{model_version}</span>}
      </>
    ),
  },
  {
    key: 'provider',
    title: 'Provider',
    width: 'minmax(8rem,1.4fr)',
    wide_only: true,
    cell: ({ provider, provider_model }) =>
      provider === provider_model ? provider : `${provider} · ${provider_model}`,
  },
  {
    key: 'tokens',
    title: 'Tokens',
    width: '7rem',
    align: 'right',
    wide_only: true,
    cell: ({ charged_tokens }) => count(charged_tokens),
  },
  {
    key: 'cost',
    title: 'Cost',
    width: '5.5rem',
    align: 'right',
    cell: ({ cost_micro_usd }) => money(cost_micro_usd),
  },
  {
    key: 'took',
    title: 'Duration',
    width: '5.5rem',
    align: 'right',
    wide_only: true,
    cell: ({ total_ms }) => (total_ms === undefined ? '' : duration(total_ms)),
  },
  {
    key: 'at',
    title: 'Started',
    width: '6.5rem',
    align: 'right',
    wide_only: true,
    cell: ({ started_at }) => <Ago at={started_at} />,
  },
]
