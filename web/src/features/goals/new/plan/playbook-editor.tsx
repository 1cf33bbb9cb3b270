import { limits } from '@muster/contract/limits'
import { FileText } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { Button } from '../../../../ui/button.tsx'
import { Field, Select, TextInput } from '../../../../ui/field.tsx'
import { bytes } from '../../../../ui/format.ts'
import type { Draft } from '../draft.ts'
import { TextFile } from '../text-file.tsx'
import { example_playbook } from './example-playbook.ts'
import { type PlaybookVariable, readPlaybook } from './playbook-variables.ts'

/** A playbook as YAML, with its variables as a form; preview tries it, and says where it does not fit. */
export function PlaybookEditor(props: {
  readonly draft: Draft
  readonly change: (more: Partial<Draft>) => void
  readonly errorAt: (field: string) => string | undefined
}) {
  const { draft, change, errorAt } = props
  const { playbook, variables } = draft
  const parsedPlaybook = useMemo(() => readPlaybook(playbook), [playbook])
  const values = new Map(variables)
  const setVariable = (name: string, value: string): void => {
    const others = variables.filter(([one]) => one !== name)
    change({ variables: value === '' ? others : [...others, [name, value]] })
  }
  const declared = parsedPlaybook.variables ?? []
  const undeclared = variables.filter(([name]) => !declared.some((one) => one.name === name))
  return (
    <>
      <YamlField
        value={playbook}
        onChange={(text) => change({ playbook: text })}
        error={
          errorAt('playbook') ??
          (parsedPlaybook.problem === undefined
            ? undefined
            : `${parsedPlaybook.line === undefined ? '' : `Line ${parsedPlaybook.line}: `}${parsedPlaybook.problem}`)
        }
      />
      <div className="flex flex-wrap gap-2">
        <TextFile
          label="Open playbook file"
          accept=".yaml,.yml,text/yaml"
          bytes_max={limits.playbook_bytes_max}
          onText={(text) => change({ playbook: text })}
        />
        <Button
          small
          icon={<FileText aria-hidden size={13} />}
          disabledReason={playbook.trim() !== '' && 'Clear the field first. The example would replace your playbook.'}
          onClick={() => change({ playbook: example_playbook })}
        >
          Use an example
        </Button>
      </div>
      {declared.length > 0 && (
        <fieldset className="grid items-start gap-4 rounded-md border border-line p-4 sm:grid-cols-2">
          <legend className="px-1 font-medium">Variables</legend>
          {declared.map((variable) => (
            <Variable
              key={variable.name}
              variable={variable}
              value={values.get(variable.name) ?? ''}
              onChange={(value) => setVariable(variable.name, value)}
            />
          ))}
        </fieldset>
      )}
      {undeclared.length > 0 && parsedPlaybook.problem === undefined && (
        <p className="flex flex-wrap items-center gap-2 rounded-md bg-warn-soft px-3 py-2 text-warn">
          Variables not in the playbook: {undeclared.map(([name]) => name).join(', ')}
          <Button small onClick={() => change({ variables: variables.filter((one) => !undeclared.includes(one)) })}>
            Remove values
          </Button>
        </p>
      )}
      {errorAt('variables') !== undefined && (
        <p role="alert" className="text-bad">
          {errorAt('variables')}
        </p>
      )}
    </>
  )
}

function Variable(props: {
  readonly variable: PlaybookVariable
  readonly value: string
  readonly onChange: (value: string) => void
}) {
  const { variable, value, onChange } = props
  const { name, type, description, required, fallback } = variable
  const hint = [description, type === 'string' ? undefined : type === 'list' ? 'JSON array.' : `Type: ${type}.`]
    .filter(Boolean)
    .join(' ')
  return (
    <Field
      label={
        <>
          <code className="font-mono text-[0.93rem]">{name}</code>
          {required && fallback === undefined && <span className="font-normal text-soft"> (required)</span>}
        </>
      }
      {...(hint !== '' && { hint })}
    >
      {type === 'boolean' ? (
        <Select
          value={value}
          options={[
            ['', fallback === undefined ? 'Not set' : `${fallback} (default)`],
            ['true', 'true'],
            ['false', 'false'],
          ]}
          onChange={({ target }) => onChange(target.value)}
        />
      ) : (
        <TextInput
          value={value}
          inputMode={type === 'integer' || type === 'number' ? 'decimal' : 'text'}
          {...(fallback !== undefined && { placeholder: fallback })}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  )
}

/** A field for YAML with the numbers of its lines beside it, which scroll with the text. */
function YamlField(props: {
  readonly value: string
  readonly error: string | undefined
  readonly onChange: (text: string) => void
}) {
  const { value, error, onChange } = props
  const numbers = useRef<HTMLPreElement>(null)
  const lines = Math.max(1, value.split('\n').length)
  return (
    <div className="relative">
      <Field label="Playbook (YAML)" hint={`Up to ${bytes(limits.playbook_bytes_max)}.`} error={error}>
        <Numbered numbers={numbers} lines={lines} value={value} onChange={onChange} />
      </Field>
    </div>
  )
}

function Numbered(props: {
  readonly id?: string
  readonly 'aria-describedby'?: string | undefined
  readonly 'aria-invalid'?: boolean | undefined
  readonly numbers: React.RefObject<HTMLPreElement | null>
  readonly lines: number
  readonly value: string
  readonly onChange: (text: string) => void
}) {
  const { numbers, lines, value, onChange, ...field } = props
  return (
    <div className="flex overflow-hidden rounded-md border border-line-strong bg-surface font-mono text-[0.93rem] leading-relaxed has-aria-invalid:border-bad">
      <pre
        ref={numbers}
        aria-hidden
        className="max-h-[28rem] select-none overflow-hidden border-r border-line bg-sunken px-2 py-2 text-right text-faint"
      >
        {Array.from({ length: lines }, (_, at) => at + 1).join('\n')}
      </pre>
      <textarea
        {...field}
        rows={Math.min(24, Math.max(12, lines + 1))}
        wrap="off"
        spellCheck={false}
        autoComplete="off"
        value={value}
        onScroll={({ currentTarget }) => {
          if (numbers.current !== null) numbers.current.scrollTop = currentTarget.scrollTop
        }}
        onChange={({ target }) => onChange(target.value)}
        className="max-h-[28rem] min-w-0 flex-1 resize-none bg-transparent px-2.5 py-2 text-ink outline-offset-[-2px]"
      />
    </div>
  )
}
