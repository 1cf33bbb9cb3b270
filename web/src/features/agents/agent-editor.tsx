import type { Agent } from '@muster/contract/agents/agents'
import { changeAgent, createAgent, listAgents } from '@muster/contract/agents/operations'
import type { PersonaGiven } from '@muster/contract/agents/personas'
import { limits } from '@muster/contract/limits'
import { useState } from 'react'
import { act, queryClient } from '../../api/query.ts'
import { Choice, Field, TextInput } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/overlays/form-dialog.tsx'
import { toast } from '../../ui/overlays/toast.tsx'
import { type AgentDraft, changeOf, createOf, draftOf, type OfferedRuntime, type Problems } from './agent-draft.ts'
import { PersonaChoice } from './persona-choice.tsx'
import { CommandLineFields, ModelFields } from './runtime-fields.tsx'

export interface AgentEditorProps {
  /** Absent: a new one is made. */
  readonly agent: Agent | undefined
  readonly onClose: () => void
  readonly onDone: (agent: Agent) => void
}

const runtimes: readonly (readonly [OfferedRuntime, string])[] = [
  ['model', 'Model'],
  ['cli', 'Command line'],
  ['remote', 'Remote'],
  ['builtin', 'Built-in'],
]

const hints: Readonly<Record<OfferedRuntime, string>> = {
  model: 'Muster calls a model in a loop, with tools, until the task is done.',
  cli: 'Each run starts a command-line agent, such as Claude Code, in its own folder.',
  remote: 'Your own program that claims tasks over the API. Create an API key for it in Settings.',
  builtin: 'Runs built-in capabilities without a model.',
}

/** Makes an agent, or changes one: what it can do, how it works, and as whom. */
export function AgentEditor({ agent, onClose, onDone }: AgentEditorProps) {
  const [draft, setDraft] = useState(() => draftOf(agent))
  const [persona, setPersona] = useState<PersonaGiven>()
  const [problems, setProblems] = useState<Problems>(new Map())
  const change = (more: Partial<AgentDraft>): void => setDraft((before) => ({ ...before, ...more }))
  const isNew = agent === undefined
  const bodyOrThrow = <Body,>(result: { readonly body: Body } | { readonly problems: Problems }): Body => {
    setProblems('problems' in result ? result.problems : new Map())
    if ('problems' in result) throw new Error('Fix the errors above.')
    return result.body
  }
  const save = async (): Promise<void> => {
    const savedAgent = isNew
      ? await act(createAgent, { body: bodyOrThrow(createOf(draft, persona)) })
      : await act(changeAgent, { params: { id: agent.id }, body: bodyOrThrow(changeOf(draft)) })
    toast(isNew ? `${savedAgent.name} created` : `${savedAgent.name} updated`)
    await Promise.all(
      [listAgents.id, 'agents.get', 'names of agents'].map((id) => queryClient.invalidateQueries({ queryKey: [id] })),
    )
    onClose()
    onDone(savedAgent)
  }
  return (
    <FormDialog
      wide
      stays
      title={isNew ? 'New agent' : `Edit ${agent.name}`}
      act={isNew ? 'Create agent' : 'Save'}
      onClose={onClose}
      onSubmit={save}
    >
      {isNew && (
        <div className="flex flex-col gap-1">
          <span aria-hidden className="font-medium">
            Type
          </span>
          <Choice label="Type" value={draft.runtime} options={runtimes} onChange={(runtime) => change({ runtime })} />
          <p className="text-[0.93rem] text-soft">{hints[draft.runtime]}</p>
        </div>
      )}
      <Basics draft={draft} change={change} problems={problems} />
      {draft.runtime === 'model' && <ModelFields draft={draft} change={change} problems={problems} />}
      {draft.runtime === 'cli' && <CommandLineFields draft={draft} change={change} problems={problems} />}
      {isNew && draft.runtime !== 'builtin' && <PersonaChoice value={persona} onChange={setPersona} />}
    </FormDialog>
  )
}

export interface FieldsProps {
  readonly draft: AgentDraft
  readonly change: (more: Partial<AgentDraft>) => void
  readonly problems: Problems
}

function Basics({ draft, change, problems }: FieldsProps) {
  return (
    <>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="Name" error={problems.get('name')}>
          <TextInput
            maxLength={limits.name_characters_max}
            autoComplete="off"
            value={draft.name}
            onChange={({ target }) => change({ name: target.value })}
          />
        </Field>
        <Field label="Description" hint="Optional" error={problems.get('description')}>
          <TextInput value={draft.description} onChange={({ target }) => change({ description: target.value })} />
        </Field>
      </div>
      <div className="grid items-start gap-4 sm:grid-cols-[minmax(0,1fr)_10rem]">
        <Field
          label="Capabilities"
          hint={
            draft.runtime === 'builtin'
              ? 'Built-in capabilities, separated by commas.'
              : 'What tasks can ask for, separated by commas: draft, review.'
          }
          error={problems.get('capabilities')}
        >
          <TextInput
            value={draft.capabilities}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => change({ capabilities: target.value })}
          />
        </Field>
        <Field label="Concurrent runs" hint="Leave empty for no limit." error={problems.get('live_runs_max')}>
          <TextInput
            inputMode="numeric"
            value={draft.live_runs_max}
            onChange={({ target }) => change({ live_runs_max: target.value })}
          />
        </Field>
      </div>
    </>
  )
}
