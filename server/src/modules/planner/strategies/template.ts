/** Fills variables (`${name}`) into the texts of a playbook; `$${name}` stands for the text `${name}` itself. */
import { PlanningError } from './strategy.types.ts'

type Variables = Readonly<Record<string, unknown>>

const whole = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/
const places = /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** A text that is one `${name}` alone becomes the variable's value; inside a longer text its words. */
export function fillIn(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return fillText(value, variables)
  if (Array.isArray(value)) return value.map((item) => fillIn(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, variables)]))
}

/** The number of JSON characters that `fillIn` would make, at least, without making them. */
export function filledCharacters(value: unknown, variables: Variables): number {
  const sizes = new Map(
    Object.entries(variables).map(([name, variable]) => [name, JSON.stringify(variable ?? null).length]),
  )
  let characters = 0
  const stack: unknown[] = [value]
  while (stack.length > 0) {
    const next = stack.pop()
    if (typeof next === 'string') {
      characters += next.length
      for (const [place, extra_dollar, name = ''] of next.matchAll(places))
        characters += extra_dollar ? -1 : (sizes.get(name) ?? 0) - place.length
    } else if (Array.isArray(next)) for (const item of next) stack.push(item)
    else if (typeof next === 'object' && next !== null) for (const item of Object.values(next)) stack.push(item)
  }
  return characters
}

function fillText(text: string, variables: Variables): unknown {
  const lookup = (name: string): unknown => {
    if (!Object.hasOwn(variables, name))
      throw new PlanningError('playbook.tasks', `\${${name}} is not a variable of the playbook.`)
    return variables[name]
  }
  const alone = whole.exec(text)
  if (alone) return lookup(alone[1] ?? '')
  return text.replace(places, (place, extra_dollar: string, name: string) =>
    extra_dollar ? place.slice(1) : String(lookup(name) ?? ''),
  )
}
