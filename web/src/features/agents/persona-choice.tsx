import { listPersonaTemplates } from '@muster/contract/agents/operations'
import type { PersonaGiven } from '@muster/contract/agents/personas'
import { limits } from '@muster/contract/limits'
import { useApi } from '../../api/query.ts'
import { Choice, Field, TextArea } from '../../ui/field.tsx'
import { bytes } from '../../ui/format.ts'
import { QueryBoundary } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'

/** What an empty SOUL.md looks like: front matter, then the story. */
export const empty_soul = `---
name: Ada
voice_traits: [plain, patient]
directives:
  - Say what you know, and what you only assume.
---
Who this is, in a few sentences.
`

/** As whom a new agent works: nobody in particular, one of the ready-made, or one that is written here. */
export function PersonaChoice({
  value,
  onChange,
}: {
  readonly value: PersonaGiven | undefined
  readonly onChange: (value: PersonaGiven | undefined) => void
}) {
  const templates = useApi(listPersonaTemplates)
  const by = value === undefined ? 'none' : value.template === undefined ? 'own' : 'template'
  const first = templates.data?.items[0]?.name ?? ''
  return (
    <fieldset className="flex flex-col gap-3 rounded-md border border-line p-4">
      <legend className="px-1 font-medium">Persona</legend>
      <Choice
        label="Persona"
        value={by}
        options={[
          ['none', 'None'],
          ['template', 'Template'],
          ['own', 'Custom'],
        ]}
        onChange={(next) =>
          onChange(next === 'none' ? undefined : next === 'own' ? { soul: empty_soul } : { template: first })
        }
      />
      {by === 'template' && (
        <QueryBoundary of={templates}>
          {({ items }) => (
            <Ready items={items} chosen={value?.template ?? first} onChange={(template) => onChange({ template })} />
          )}
        </QueryBoundary>
      )}
      {by === 'own' && <SoulField value={value?.soul ?? ''} onChange={(soul) => onChange({ soul })} />}
    </fieldset>
  )
}

interface Template {
  readonly name: string
  readonly title: string
  readonly voice_traits: readonly string[]
  readonly directives: readonly string[]
}

/** The ready-made ones, each with its traits and what it keeps to. */
export function Ready(props: {
  readonly items: readonly Template[]
  readonly chosen: string
  readonly onChange: (name: string) => void
}) {
  const { items, chosen, onChange } = props
  return (
    <fieldset className="grid gap-2 sm:grid-cols-2">
      <legend className="sr-only">Persona templates</legend>
      {items.map(({ name, title, voice_traits, directives }) => (
        <label
          key={name}
          className="flex cursor-pointer items-start gap-2 rounded-md border border-line p-3 has-checked:border-accent has-checked:bg-accent-soft"
        >
          <input
            type="radio"
            name="persona"
            className="mt-1 accent-accent"
            checked={name === chosen}
            onChange={() => onChange(name)}
          />
          <span className="min-w-0">
            <span className="font-medium">{title}</span> <span className="text-soft">{name}</span>
            <span className="my-1 flex flex-wrap gap-1">
              {voice_traits.map((trait) => (
                <Tag key={trait}>{trait}</Tag>
              ))}
            </span>
            <span className="block text-[0.93rem] text-soft">{directives[0]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** SOUL.md as text. */
export function SoulField({
  value,
  error,
  onChange,
}: {
  readonly value: string
  readonly error?: string | undefined
  readonly onChange: (soul: string) => void
}) {
  return (
    <Field
      label="SOUL.md"
      hint={`YAML front matter with name, voice_traits and directives, then the description. Up to ${bytes(limits.persona_bytes_max)}.`}
      error={error}
    >
      <TextArea
        rows={14}
        spellCheck
        className="font-mono text-[0.93rem] leading-relaxed"
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </Field>
  )
}
