import { limits } from '@muster/contract/limits'
import { X } from 'lucide-react'
import { IconButton } from '../../ui/button.tsx'
import { Field, Select } from '../../ui/field.tsx'

/** Other models that are asked when all targets fail, in their order. */
export function Fallbacks(props: {
  readonly value: readonly string[]
  readonly others: readonly string[]
  readonly onChange: (value: readonly string[]) => void
}) {
  const { value, others, onChange } = props
  const free = others.filter((one) => !value.includes(one))
  return (
    <div className="flex flex-col gap-2">
      {value.length > 0 && (
        <ol aria-label="Fallbacks" className="flex flex-wrap gap-2">
          {value.map((name, at) => (
            <li key={name} className="inline-flex items-center gap-1 rounded-md bg-sunken pl-2.5">
              <span className="text-faint">{at + 1}.</span> {name}
              <IconButton
                small
                label={`Remove ${name}`}
                icon={<X aria-hidden size={13} />}
                onClick={() => onChange(value.filter((one) => one !== name))}
              />
            </li>
          ))}
        </ol>
      )}
      {free.length > 0 && value.length < limits.model_fallbacks_max && (
        <Field label="Fallback models" hint="Tried in this order when all targets fail." className="max-w-md">
          <Select
            value=""
            options={[['', 'Add fallback'], ...free.map((name) => [name, name] as const)]}
            onChange={({ target }) => target.value !== '' && onChange([...value, target.value])}
          />
        </Field>
      )}
    </div>
  )
}
