import { getAgent } from '@muster/contract/agents/operations'
import { listModels } from '@muster/contract/gateway/model.operations'
import { useId } from 'react'
import { useApi } from '../../api/query.ts'
import { Checkbox, Field, Select, TextInput } from '../../ui/field.tsx'
import type { AgentDraft, Problems } from './agent-draft.ts'

interface FieldsProps {
  readonly draft: AgentDraft
  readonly change: (more: Partial<AgentDraft>) => void
  readonly problems: Problems
}

/** How an agent of runtime `model` works: which model, with which tools, within which bounds. */
export function ModelFields({ draft, change, problems }: FieldsProps) {
  const number = (name: 'steps_max' | 'output_tokens_max' | 'temperature' | 'dollars_max' | 'tokens_max') => ({
    inputMode: 'decimal' as const,
    value: draft[name],
    onChange: ({ target }: { readonly target: { readonly value: string } }) => change({ [name]: target.value }),
  })
  return (
    <fieldset className="flex flex-col gap-4 rounded-md border border-line p-4">
      <legend className="px-1 font-medium">Model settings</legend>
      <div className="grid items-start gap-4 sm:grid-cols-3">
        <ModelChoice
          label="Model to use"
          value={draft.alias}
          none="Select"
          error={problems.get('alias')}
          onChange={(alias) => change({ alias })}
        />
        <Field label="Max steps" hint="Model calls per run." error={problems.get('steps_max')}>
          <TextInput {...number('steps_max')} />
        </Field>
        <Field label="Max output tokens" hint="Per response." error={problems.get('output_tokens_max')}>
          <TextInput {...number('output_tokens_max')} />
        </Field>
        <Field
          label="Cost limit per run (USD)"
          hint="Leave empty to use the task budget."
          error={problems.get('dollars_max')}
        >
          <TextInput {...number('dollars_max')} />
        </Field>
        <Field
          label="Token limit per run"
          hint="Leave empty to use the task budget."
          error={problems.get('tokens_max')}
        >
          <TextInput {...number('tokens_max')} />
        </Field>
        <Field label="Temperature" hint="Leave empty for the provider’s default." error={problems.get('temperature')}>
          <TextInput {...number('temperature')} />
        </Field>
      </div>
      <div>
        <Checkbox
          label="Can ask people (pauses the run)"
          checked={draft.may_ask}
          onChange={({ target }) => change({ may_ask: target.checked })}
        />
      </div>
      <Tools chosen={draft.tools} onChange={(tools) => change({ tools })} />
    </fieldset>
  )
}

/** The capabilities that the built-in agent has are those that can be tools. */
function Tools({
  chosen,
  onChange,
}: {
  readonly chosen: readonly string[]
  readonly onChange: (tools: readonly string[]) => void
}) {
  const builtin = useApi(getAgent, { params: { id: 'builtin' } })
  const names = [...new Set([...(builtin.data?.capabilities ?? []), ...chosen])].toSorted()
  return (
    <fieldset>
      <legend className="font-medium">Tools</legend>
      <p className="mb-1 text-[0.93rem] text-soft">Tools the agent can use while it works.</p>
      <div className="grid grid-cols-2 gap-x-4 sm:grid-cols-3">
        {names.map((name) => (
          <span key={name}>
            <Checkbox
              label={<code className="font-mono text-[0.93rem] [overflow-wrap:anywhere]">{name}</code>}
              checked={chosen.includes(name)}
              onChange={({ target }) =>
                onChange(target.checked ? [...chosen, name] : chosen.filter((one) => one !== name))
              }
            />
          </span>
        ))}
      </div>
    </fieldset>
  )
}

const shipped = ['claude-code', 'codex', 'gemini-cli', 'iflow']

/** How an agent of runtime `cli` works: which command line, in which repository, at whose cost. */
export function CommandLineFields({ draft, change, problems }: FieldsProps) {
  const list_id = useId()
  return (
    <fieldset className="flex flex-col gap-4 rounded-md border border-line p-4">
      <legend className="px-1 font-medium">Command-line settings</legend>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="Adapter" hint="Name of an adapter file on the server." error={problems.get('adapter')}>
          <TextInput
            value={draft.adapter}
            list={list_id}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => change({ adapter: target.value })}
          />
        </Field>
        <ModelChoice
          label="Model to use"
          value={draft.cli_model}
          none="Adapter default"
          error={problems.get('cli_model')}
          onChange={(cli_model) => change({ cli_model })}
        />
      </div>
      <datalist id={list_id}>
        {shipped.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Field
        label="Repository"
        hint="A folder allowed by the server; each run gets its own worktree. Leave empty for an empty folder."
        error={problems.get('repository')}
      >
        <TextInput
          value={draft.repository}
          spellCheck={false}
          onChange={({ target }) => change({ repository: target.value })}
        />
      </Field>
      <div>
        <Checkbox
          label="Meter model calls through Muster"
          checked={draft.metered}
          onChange={({ target }) => change({ metered: target.checked })}
        />
        {!draft.metered && (
          <p role="status" className="mt-1 rounded-md bg-warn-soft px-3 py-2 text-warn">
            Without metering, usage is unknown and each run costs its full reservation. The server must allow this.
          </p>
        )}
      </div>
    </fieldset>
  )
}

function ModelChoice(props: {
  readonly label: string
  readonly value: string
  readonly none: string
  readonly error: string | undefined
  readonly onChange: (name: string) => void
}) {
  const { label, value, none, error, onChange } = props
  const models = useApi(listModels, { query: { limit: 200 } })
  const names = [...new Set([...(models.data?.items.map(({ name }) => name) ?? []), 'offline', value])]
  return (
    <Field label={label} error={error}>
      <Select
        value={value}
        options={[['', none], ...names.filter((name) => name !== '').map((name) => [name, name] as const)]}
        onChange={({ target }) => onChange(target.value)}
      />
    </Field>
  )
}
