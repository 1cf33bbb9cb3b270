import { deleteModel, getModel, listModelVersions, putModel } from '@muster/contract/gateway/model.operations'
import { type Model, modelDefinition } from '@muster/contract/gateway/models'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { List, Pencil } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { act, useApi } from '../../api/query.ts'
import { Breadcrumb, BreadcrumbLink } from '../../components/breadcrumb.tsx'
import { compareValues } from '../../components/compare.ts'
import { LinkButton } from '../../components/link-button.tsx'
import { More, useMore } from '../../components/lists/pages.tsx'
import { VersionList } from '../../components/version-list.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { duration } from '../../ui/format.ts'
import { TypedConfirm } from '../../ui/overlays/dialog.tsx'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { Facts, PageHead, Panel } from '../../ui/panel.tsx'
import { Loading, QueryBoundary } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { FieldDiff } from '../../ui/text/diff.tsx'
import { Ago } from '../../ui/time.tsx'
import { refreshModels } from './refresh-models.ts'
import { TargetTable } from './target-table.tsx'

const ModelEditor = lazy(async () => ({ default: (await import('./model-editor.tsx')).ModelEditor }))

/** One model: where its calls lead now, and every version there was. */
export function ModelPage() {
  const { model_name } = useParams({ from: '/models/$model_name' })
  const model = useApi(getModel, { params: { name: model_name } })
  return (
    <>
      {model.data === undefined && <PageHead title={model_name} />}
      <QueryBoundary of={model}>{(data) => <Found model={data} />}</QueryBoundary>
    </>
  )
}

function Found({ model: data }: { readonly model: Model }) {
  return (
    <>
      <PageHead
        above={
          <Breadcrumb>
            <BreadcrumbLink to="/models">Models</BreadcrumbLink>
          </Breadcrumb>
        }
        title={data.name}
        facts={
          <>
            <Tag>v{data.version}</Tag>
            <span>
              Active since <Ago at={data.versioned_at} />
            </span>
          </>
        }
        actions={<Acts model={data} />}
      />
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(18rem,26rem)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title="Routes to" flush>
            <TargetTable model={data} />
          </Panel>
          <Behaviour model={data} />
        </div>
        <Versions current={data} />
      </div>
    </>
  )
}

const brokenStreams: Readonly<Record<Model['on_broken_stream'], string>> = {
  error: 'Return an error',
  restart: 'Retry from the start',
  continue: 'Continue where it stopped',
}

function Behaviour({ model }: { readonly model: Model }) {
  const { fallbacks, retries, timeouts, on_client_gone, on_broken_stream, cache } = model
  return (
    <Panel title="Failover and timeouts">
      <Facts
        items={[
          ['Retries', retries === 0 ? 'None' : `${retries} per target`],
          ['Fallbacks', fallbacks.length === 0 ? 'None' : fallbacks.join(', then ')],
          ['Broken stream', brokenStreams[on_broken_stream]],
          ['Cache', cache === undefined ? 'Off' : duration(cache.ttl_ms)],
          ['Connect timeout', duration(timeouts.connect_ms)],
          ['First token timeout', duration(timeouts.first_token_ms)],
          ['Idle timeout', duration(timeouts.idle_ms)],
          ['Total timeout', duration(timeouts.total_ms)],
          [
            'On client disconnect',
            on_client_gone === 'cancel'
              ? 'Cancel the request (charges the reserved amount)'
              : 'Finish the request (charges actual usage)',
          ],
        ]}
      />
    </Panel>
  )
}

function Acts({ model }: { readonly model: Model }) {
  const { name } = model
  const permission = usePermission()
  const navigate = useNavigate()
  const [open, setOpen] = useState<'edit' | 'remove'>()
  const remove = async (): Promise<void> => {
    try {
      await act(deleteModel, { params: { name } })
      toast(`${name} removed`)
      await navigate({ to: '/models' })
      await refreshModels()
    } catch (error) {
      toastError(error, `${name} was not removed`)
    }
  }
  return (
    <>
      <LinkButton to="/models" search={{ tab: 'calls', model: name }} icon={<List aria-hidden size={14} />}>
        View calls
      </LinkButton>
      <Button
        variant="primary"
        icon={<Pencil aria-hidden size={14} />}
        disabledReason={permission('models:write').reason}
        onClick={() => setOpen('edit')}
      >
        Edit
      </Button>
      <Button variant="ghost" disabledReason={permission('models:write').reason} onClick={() => setOpen('remove')}>
        Remove…
      </Button>
      {open === 'edit' && (
        <Suspense>
          <ModelEditor model={model} onClose={() => setOpen(undefined)} onDone={() => setOpen(undefined)} />
        </Suspense>
      )}
      <TypedConfirm
        open={open === 'remove'}
        onClose={() => setOpen(undefined)}
        title={`Remove ${name}`}
        word={name}
        act="Remove model"
        onConfirm={() => void remove()}
      >
        API calls with this name will fail. Past calls and costs stay.
      </TypedConfirm>
    </>
  )
}

function Versions({ current }: { readonly current: Model }) {
  const { version } = useSearch({ from: '/models/$model_name' })
  const navigate = useNavigate({ from: '/models/$model_name' })
  const permission = usePermission()
  const versions = useMore<Model>(listModelVersions, { params: { name: current.name } })
  const selectedVersion = versions.items.find((one) => one.version === version)
  const choose = (next: number | undefined): void =>
    void navigate({ to: '/models/$model_name', params: { model_name: current.name }, search: { version: next } })
  const restore = async (oldVersion: number): Promise<void> => {
    const old = versions.items.find((one) => one.version === oldVersion)
    if (old === undefined)
      return toastError(new Error(`v${oldVersion} is not on this page. Load more versions, then restore it.`))
    try {
      const newVersion = await act(putModel, { params: { name: old.name }, body: definitionIn(old) })
      toast(`v${newVersion.version} restored from v${old.version}`)
    } catch (error) {
      toastError(error, `${old.name} was not changed`)
    }
    await refreshModels()
  }
  return (
    <Panel title="Versions" flush>
      {versions.isPending ? (
        <Loading />
      ) : (
        <VersionList
          label="Versions, newest first"
          versions={versions.items.map((one) => ({
            version: one.version,
            is_active: one.version === current.version,
            facts: <Ago at={one.versioned_at} />,
          }))}
          selected={version}
          onSelect={choose}
          restoreLabel="Restore"
          onRestore={(old) => void restore(old)}
          disabledReason={permission('models:write').reason}
        />
      )}
      <More of={versions} />
      {selectedVersion !== undefined && (
        <div className="border-t border-line p-4">
          <h3 className="mb-2 font-medium">v{selectedVersion.version} → active</h3>
          <FieldDiff changes={compareValues(definitionIn(selectedVersion), definitionIn(current))} />
        </div>
      )}
    </Panel>
  )
}

/** A version without its name and dates: what can be put in force, and compared. */
function definitionIn(model: Model) {
  const { name: _name, version: _version, created_at: _created, versioned_at: _versioned, ...definition } = model
  return modelDefinition.parse(definition)
}
