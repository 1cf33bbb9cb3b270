import type { Agent } from '@muster/contract/agents/agents'
import {
  getPersona,
  listPersonas,
  listPersonaTemplates,
  putPersona,
  rollBackPersona,
} from '@muster/contract/agents/operations'
import type { Persona } from '@muster/contract/agents/personas'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Pencil, UserRound } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { act, queryClient, useApi, useApiWhen } from '../../api/query.ts'
import { useActorName } from '../../components/agents/actor-names.ts'
import { More, useMore } from '../../components/lists/pages.tsx'
import { VersionList } from '../../components/version-list.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { Field, Select } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/overlays/form-dialog.tsx'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty, Loading, QueryBoundary } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { WordDiff } from '../../ui/text/diff.tsx'
import { Ago } from '../../ui/time.tsx'
import { empty_soul, SoulField } from './persona-choice.tsx'

const Markdown = lazy(async () => ({ default: (await import('../../ui/text/markdown.tsx')).Markdown }))

/** As whom an agent works, and every version there was. A run keeps the one it began under. */
export function PersonaPanel({ agent }: { readonly agent: Agent }) {
  const { id, status, persona: facts } = agent
  const permission = usePermission()
  const [editing, setEditing] = useState(false)
  const persona = useApiWhen(facts !== undefined, getPersona, { params: { id } })
  const disabledReason = permission('agents:write').reason ?? (status === 'retired' && 'This agent is retired')
  const edit = (
    <Button
      small
      icon={<Pencil aria-hidden size={13} />}
      disabledReason={disabledReason}
      onClick={() => setEditing(true)}
    >
      {facts === undefined ? 'Add persona' : 'Edit persona'}
    </Button>
  )
  return (
    <Panel title="Persona" flush actions={facts !== undefined && edit}>
      {facts === undefined ? (
        <Empty title="No persona" icon={<UserRound aria-hidden size={28} strokeWidth={1.5} />} action={edit}>
          A persona gives an agent a name, a voice and directives.
        </Empty>
      ) : (
        <QueryBoundary of={persona}>
          {(data) => (
            <>
              <Shown persona={data} />
              <Versions agent={agent} current={data} disabledReason={disabledReason || undefined} />
            </>
          )}
        </QueryBoundary>
      )}
      {editing && (facts === undefined || persona.data !== undefined) && (
        <PersonaEditor agent={agent} soul={persona.data?.soul ?? empty_soul} onClose={() => setEditing(false)} />
      )}
    </Panel>
  )
}

function Shown({ persona: { name, version, voice_traits, directives, story } }: { readonly persona: Persona }) {
  return (
    <div className="flex flex-col gap-3 p-4">
      <p className="flex flex-wrap items-center gap-1.5">
        <bdi className="font-medium [overflow-wrap:anywhere]">{name}</bdi>
        <Tag tone="good">v{version}</Tag>
        {voice_traits.map((trait) => (
          <Tag key={trait}>{trait}</Tag>
        ))}
      </p>
      {directives.length > 0 && (
        <ul className="flex list-disc flex-col gap-1 pl-5 [overflow-wrap:anywhere]" aria-label="Directives">
          {directives.map((directive) => (
            <li key={directive}>{directive}</li>
          ))}
        </ul>
      )}
      {story.trim() !== '' && (
        <Suspense fallback={<Loading />}>
          <Markdown text={story} />
        </Suspense>
      )}
    </div>
  )
}

function Versions(props: {
  readonly agent: Agent
  readonly current: Persona
  readonly disabledReason: string | undefined
}) {
  const { agent, current, disabledReason } = props
  const { persona } = useSearch({ from: '/agents/$agent_id' })
  const navigate = useNavigate({ from: '/agents/$agent_id' })
  const actorName = useActorName()
  const versions = useMore<Persona>(listPersonas, { params: { id: agent.id } })
  const selectedVersion = versions.items.find(({ version }) => version === persona)
  const choose = (version: number | undefined): void =>
    void navigate({
      to: '/agents/$agent_id',
      params: { agent_id: agent.id },
      search: (before) => ({ ...before, persona: version }),
    })
  const rollBack = async (version: number): Promise<void> => {
    try {
      const newVersion = await act(rollBackPersona, { params: { id: agent.id }, body: { version } })
      toast(`v${newVersion.version} restored from v${version}`)
    } catch (error) {
      toastError(error, `${agent.name} was not changed`)
    }
    await refresh()
  }
  return (
    <section className="border-t border-line">
      <h3 className="px-4 pt-3 font-semibold">Versions</h3>
      <VersionList
        label="Persona versions, newest first"
        versions={versions.items.map(({ version, name, created_by, created_at }) => ({
          version,
          is_active: version === current.version,
          name,
          facts: (
            <>
              {actorName(created_by)}, <Ago at={created_at} />
            </>
          ),
        }))}
        selected={persona}
        onSelect={choose}
        restoreLabel="Roll back"
        onRestore={(version) => void rollBack(version)}
        disabledReason={disabledReason}
      />
      <More of={versions} />
      {selectedVersion !== undefined && (
        <div className="border-t border-line p-4">
          <h4 className="mb-2 font-medium">
            v{selectedVersion.version} → v{current.version} (active)
          </h4>
          <div
            tabIndex={0}
            role="group"
            aria-label={`Compare v${selectedVersion.version} with v${current.version}`}
            className="max-h-96 overflow-auto font-mono text-[0.93rem]"
          >
            <WordDiff before={selectedVersion.soul} after={current.soul} />
          </div>
        </div>
      )}
    </section>
  )
}

/** Writes the next version, begun from the one in force or from a ready-made one. */
function PersonaEditor(props: { readonly agent: Agent; readonly soul: string; readonly onClose: () => void }) {
  const { agent, soul: initialSoul, onClose } = props
  const templates = useApi(listPersonaTemplates)
  const [soul, setSoul] = useState(initialSoul)
  const next = (agent.persona?.version ?? 0) + 1
  const save = async (): Promise<void> => {
    const { version } = await act(putPersona, { params: { id: agent.id }, body: { soul } })
    toast(version === next ? `v${version} published` : 'No changes')
    await refresh()
    onClose()
  }
  return (
    <FormDialog
      wide
      stays
      title={`Persona: ${agent.name}`}
      description="Applies to new runs. Active runs keep their version."
      act={`Publish v${next}`}
      disabledReason={soul === initialSoul && agent.persona !== undefined ? 'No changes' : undefined}
      onClose={onClose}
      onSubmit={save}
    >
      <Field label="Start from a template" hint="Replaces the text below." className="max-w-sm">
        <Select
          value=""
          options={[
            ['', 'Select'],
            ...(templates.data?.items ?? []).map(({ name, title }) => [name, `${title}, ${name}`] as const),
          ]}
          onChange={({ target }) => {
            const template = templates.data?.items.find(({ name }) => name === target.value)
            if (template !== undefined) setSoul(template.soul)
          }}
        />
      </Field>
      <SoulField value={soul} onChange={setSoul} />
    </FormDialog>
  )
}

function refresh(): Promise<unknown> {
  const touched = ['agents.get', getPersona.id, listPersonas.id]
  return Promise.all(touched.map((id) => queryClient.invalidateQueries({ queryKey: [id] })))
}
