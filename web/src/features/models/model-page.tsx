import { deleteModel, getModel, listModelVersions, putModel } from '@muster/contract/gateway/model.operations'
import { type Model, modelDefinition } from '@muster/contract/gateway/models'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { List, Pencil } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { act, useApi } from '../../api/query.ts'
import { compareValues } from '../../components/compare.ts'
import { LinkButton } from '../../components/link-button.tsx'
import { More, useMore } from '../../components/pages.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { TypedConfirm } from '../../ui/dialog.tsx'
import { FieldDiff } from '../../ui/diff.tsx'
import { duration } from '../../ui/format.ts'
import { Facts, PageHead, Panel } from '../../ui/panel.tsx'
import { Loading, QueryBoundary } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { toast, toastError } from '../../ui/toast.tsx'
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
          <Link to="/models" className="inline-flex min-h-[24px] items-center hover:underline">
            Models
          </Link>
        }
        title={data.name}
        facts={
          <>
            <Tag>version {data.version}</Tag>
            <span>
              in force since <Ago at={data.versioned_at} />
            </span>
          </>
        }
        actions={<Acts model={data} />}
      />
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(18rem,26rem)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title="Leads to" flush>
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
  error: 'the client is told of the error',
  restart: 'the next try answers anew',
  continue: 'the next try goes on where it broke off',
}

function Behaviour({ model }: { readonly model: Model }) {
  const { fallbacks, retries, timeouts, on_client_gone, on_broken_stream, cache } = model
  return (
    <Panel title="When a target fails">
      <Facts
        items={[
          ['Tried again', retries === 0 ? 'never' : `${retries} times, before the next target`],
          ['Falls back on', fallbacks.length === 0 ? 'nothing' : fallbacks.join(', then ')],
          ['Broken stream', brokenStreams[on_broken_stream]],
          ['Equal calls', cache === undefined ? 'are each asked' : `get one answer for ${duration(cache.ttl_ms)}`],
          ['To connect', duration(timeouts.connect_ms)],
          ['To first content', duration(timeouts.first_token_ms)],
          ['Silence', duration(timeouts.idle_ms)],
          ['Whole call', duration(timeouts.total_ms)],
          [
            'Client gone',
            on_client_gone === 'cancel'
              ? 'the provider is told to stop, and the hold is charged'
              : 'the answer is read to its end, and its usage is charged',
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
      toast(`${name} is removed`)
      await navigate({ to: '/models' })
      await refreshModels()
    } catch (error) {
      toastError(error, `${name} stays`)
    }
  }
  return (
    <>
      <LinkButton to="/models" search={{ tab: 'calls', model: name }} icon={<List aria-hidden size={14} />}>
        Its calls
      </LinkButton>
      <Button
        variant="primary"
        icon={<Pencil aria-hidden size={14} />}
        disabledReason={permission('models:write').reason}
        onClick={() => setOpen('edit')}
      >
        Change
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
        act="Remove the model"
        onConfirm={() => void remove()}
      >
        Calls that name it are refused from then on. What was called stays, with its costs.
      </TypedConfirm>
    </>
  )
}

function Versions({ current }: { readonly current: Model }) {
  const { version } = useSearch({ from: '/models/$model_name' })
  const navigate = useNavigate({ from: '/models/$model_name' })
  const permission = usePermission()
  const versions = useMore<Model>(listModelVersions, { params: { name: current.name } })
  const shown = versions.items.find((one) => one.version === version)
  const choose = (next: number | undefined): void =>
    void navigate({ to: '/models/$model_name', params: { model_name: current.name }, search: { version: next } })
  const restore = async (old: Model): Promise<void> => {
    try {
      const made = await act(putModel, { params: { name: old.name }, body: definitionIn(old) })
      toast(`Version ${made.version} repeats version ${old.version}`)
    } catch (error) {
      toastError(error, `${old.name} stays as it was`)
    }
    await refreshModels()
  }
  return (
    <Panel title="Versions" flush>
      {versions.isPending ? (
        <Loading />
      ) : (
        <ol className="divide-y divide-line" aria-label="Versions, newest first">
          {versions.items.map((one) => (
            <li key={one.version} className="flex flex-wrap items-center gap-2 px-4 py-2">
              <span className="min-w-32 flex-1">
                <span className="font-medium">Version {one.version}</span>{' '}
                {one.version === current.version && <Tag tone="good">in force</Tag>}
                <span className="block text-[0.93rem] text-soft">
                  <Ago at={one.versioned_at} />
                </span>
              </span>
              {one.version !== current.version && (
                <>
                  <Button
                    small
                    aria-pressed={version === one.version}
                    onClick={() => choose(version === one.version ? undefined : one.version)}
                  >
                    Compare
                  </Button>
                  <Button small disabledReason={permission('models:write').reason} onClick={() => void restore(one)}>
                    Put in force again
                  </Button>
                </>
              )}
            </li>
          ))}
        </ol>
      )}
      <More of={versions} />
      {shown !== undefined && (
        <div className="border-t border-line p-4">
          <h3 className="mb-2 font-medium">From {shown.version} to the one in force</h3>
          <FieldDiff changes={compareValues(definitionIn(shown), definitionIn(current))} />
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
