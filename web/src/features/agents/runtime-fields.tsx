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
      <legend className="px-1 font-medium">The model</legend>
      <div className="grid items-start gap-4 sm:grid-cols-3">
        <ModelChoice
          label="Model it calls"
          value={draft.alias}
          none="Choose"
          error={problems.get('alias')}
          onChange={(alias) => change({ alias })}
        />
        <Field label="Steps" hint="Calls of the model in one run, at most." error={problems.get('steps_max')}>
          <TextInput {...number('steps_max')} />
        </Field>
        <Field label="Output tokens" hint="Of one answer, at most." error={problems.get('output_tokens_max')}>
          <TextInput {...number('output_tokens_max')} />
        </Field>
        <Field label="Dollars for a run" hint="Empty: its task’s budget alone." error={problems.get('dollars_max')}>
          <TextInput {...number('dollars_max')} />
        </Field>
        <Field label="Tokens for a run" hint="Empty: its task’s budget alone." error={problems.get('tokens_max')}>
          <TextInput {...number('tokens_max')} />
        </Field>
        <Field label="Temperature" hint="Empty: the provider’s own." error={problems.get('temperature')}>
          <TextInput {...number('temperature')} />
        </Field>
      </div>
      <div>
        <Checkbox
          label="It may put questions to people; its run rests until they answer"
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
      <p className="mb-1 text-[0.93rem] text-soft">
        What it may use while it works. What a tool only reads, it does at once.
      </p>
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
  const listed = useId()
  return (
    <fieldset className="flex flex-col gap-4 rounded-md border border-line p-4">
      <legend className="px-1 font-medium">The command line</legend>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="Adapter" hint="The name of an adapter file of the server." error={problems.get('adapter')}>
          <TextInput
            value={draft.adapter}
            list={listed}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => change({ adapter: target.value })}
          />
        </Field>
        <ModelChoice
          label="Model it names"
          value={draft.cli_model}
          none="As the adapter says"
          error={problems.get('cli_model')}
          onChange={(cli_model) => change({ cli_model })}
        />
      </div>
      <datalist id={listed}>
        {shipped.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Field
        label="Repository"
        hint="A folder that the server allows; each run gets a work tree of its own. Empty: an empty folder."
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
          label="Its calls of models go through Muster and are counted"
          checked={draft.metered}
          onChange={({ target }) => change({ metered: target.checked })}
        />
        {!draft.metered && (
          <p role="status" className="mt-1 rounded-md bg-warn-soft px-3 py-2 text-warn">
            Nobody knows then what a run used, so each costs all that it held. The operator of the server has to allow
            it.
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
