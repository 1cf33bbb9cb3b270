import { limits } from '@muster/contract/limits'
import { FileUp, Plus, X } from 'lucide-react'
import { useRef } from 'react'
import { JsonField, typedJson } from '../../../parts/json-field.tsx'
import { Button, IconButton } from '../../../ui/button.tsx'
import { Choice, Field, TextArea, TextInput } from '../../../ui/field.tsx'
import { bytes } from '../../../ui/format.ts'
import { tellError } from '../../../ui/toast.tsx'
import type { By, Draft } from './draft.ts'
import { checkPlan } from './plan-editing.ts'
import { PlanProblems } from './plan-problems.tsx'

const hints: Readonly<Record<By, string>> = {
  text: 'With files, each is read and becomes a section of a briefing. Without, each heading of the text becomes a task.',
  playbook: 'A reusable plan in YAML, with variables.',
  plan: 'Every task as you write it.',
}

/** What the plan is made of: the text, a playbook with its variables, or tasks written out. */
export function HowPlanned(props: {
  readonly by: By
  readonly onBy: (by: By) => void
  readonly draft: Draft
  readonly change: (more: Partial<Draft>) => void
  readonly errorAt: (field: string) => string | undefined
}) {
  const { by, onBy, draft, change, errorAt } = props
  return (
    <div className="flex flex-col items-start gap-3">
      <div className="flex flex-col gap-1.5">
        <span aria-hidden className="font-medium">
          Planned by
        </span>
        <Choice
          label="Planned by"
          value={by}
          onChange={onBy}
          options={[
            ['text', 'Text'],
            ['playbook', 'Playbook'],
            ['plan', 'Explicit plan'],
          ]}
        />
        <p className="text-[0.93rem] text-soft">{hints[by]}</p>
      </div>
      <div className="flex w-full flex-col gap-3">
        {by === 'playbook' && <Playbook draft={draft} change={change} errorAt={errorAt} />}
        {by === 'plan' && <ExplicitPlan draft={draft} change={change} error={errorAt('plan')} />}
      </div>
    </div>
  )
}

interface PartProps {
  readonly draft: Draft
  readonly change: (more: Partial<Draft>) => void
}

function Playbook({ draft, change, errorAt }: PartProps & { readonly errorAt: (field: string) => string | undefined }) {
  const { playbook, variables } = draft
  const setVariable = (at: number, pair: readonly [string, string]): void =>
    change({ variables: variables.map((old, place) => (place === at ? pair : old)) })
  return (
    <>
      <Field
        label="Playbook (YAML)"
        hint={`At most ${bytes(limits.playbook_bytes_max)}. A start is examples/playbooks/brief.yaml of the distribution.`}
        error={errorAt('playbook')}
      >
        <TextArea
          rows={12}
          spellCheck={false}
          className="font-mono text-[0.93rem] leading-relaxed"
          value={playbook}
          onChange={({ target }) => change({ playbook: target.value })}
        />
      </Field>
      <TextFile
        label="Open a playbook file"
        accept=".yaml,.yml,text/yaml"
        bytes_max={limits.playbook_bytes_max}
        onText={(text) => change({ playbook: text })}
      />
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1 font-medium">Variables</legend>
        {variables.map(([name, value], at) => (
          <div key={at} className="flex gap-2">
            <TextInput
              aria-label={`Name of variable ${at + 1}`}
              placeholder="name"
              className="font-mono text-[0.93rem]"
              value={name}
              onChange={({ target }) => setVariable(at, [target.value, value])}
            />
            <TextInput
              aria-label={`Value of ${name || `variable ${at + 1}`}`}
              placeholder="value, or JSON"
              value={value}
              onChange={({ target }) => setVariable(at, [name, target.value])}
            />
            <IconButton
              className="shrink-0"
              label={`Take away ${name || `variable ${at + 1}`}`}
              icon={<X aria-hidden size={14} />}
              onClick={() => change({ variables: variables.filter((_, place) => place !== at) })}
            />
          </div>
        ))}
        {errorAt('variables') !== undefined && (
          <p role="alert" className="text-bad">
            {errorAt('variables')}
          </p>
        )}
        <Button
          small
          className="self-start"
          icon={<Plus aria-hidden size={13} />}
          onClick={() => change({ variables: [...variables, ['', '']] })}
        >
          Add a variable
        </Button>
      </fieldset>
    </>
  )
}

function ExplicitPlan({ draft, change, error }: PartProps & { readonly error: string | undefined }) {
  const typed = typedJson(draft.plan)
  const { problems } = checkPlan(typed.value)
  return (
    <>
      <JsonField
        label="Plan (JSON)"
        hint='{"tasks": [{"key", "capability", "input", "depends_on", …}]}'
        value={typed}
        error={error}
        rows={14}
        onChange={({ text }) => change({ plan: text })}
      />
      {typed.problem === undefined && <PlanProblems problems={problems} />}
      <TextFile
        label="Open a plan file"
        accept=".json,application/json"
        bytes_max={limits.plan_body_bytes_max}
        onText={(text) => change({ plan: text })}
      />
    </>
  )
}

/** Reads a file of text into a field, without sending it anywhere. */
function TextFile(props: {
  readonly label: string
  readonly accept: string
  readonly bytes_max: number
  readonly onText: (text: string) => void
}) {
  const { label, accept, bytes_max, onText } = props
  const input = useRef<HTMLInputElement>(null)
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return
    if (file.size > bytes_max) {
      tellError(
        new Error(`It has ${bytes(file.size)}; at most ${bytes(bytes_max)} are taken.`),
        'The file is too large',
      )
      return
    }
    onText(await file.text())
  }
  return (
    <>
      <Button
        small
        className="self-start"
        icon={<FileUp aria-hidden size={13} />}
        onClick={() => input.current?.click()}
      >
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        aria-label={label}
        onChange={({ currentTarget }) => {
          void read(currentTarget.files?.[0]).catch((error: unknown) => tellError(error, 'The file could not be read'))
          currentTarget.value = ''
        }}
      />
    </>
  )
}
