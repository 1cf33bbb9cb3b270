import type { GoalCreateInput } from '@muster/contract/planner/goals/goals'
import { type Priority, priorities } from '@muster/contract/planner/tasks/task-definitions'
import { parseJson } from '@muster/contract/platform/objects'
import type { Json } from '@muster/contract/values'
import { useCallback, useEffect, useState } from 'react'

export interface GivenFile {
  readonly artifact_id: string
  readonly name: string
  readonly size_bytes: number
}

/** A goal as it is being written. It is kept for this tab, so that loading the page anew loses nothing. */
export interface Draft {
  readonly title: string
  readonly text: string
  readonly project_id: string | undefined
  readonly priority: Priority
  readonly playbook: string
  readonly variables: readonly (readonly [name: string, value: string])[]
  readonly plan: string
  /** The alias that plans; empty: the project's own. */
  readonly model: string
  /** The plan that was previewed, changed by hand; it counts instead of whatever it was made from. */
  readonly edited: string | undefined
  readonly files: readonly GivenFile[]
}

export type By = 'text' | 'model' | 'playbook' | 'plan'

const stored_at = 'muster.new-goal'
const empty: Draft = {
  title: '',
  text: '',
  project_id: undefined,
  priority: 'medium',
  playbook: '',
  variables: [],
  plan: '{\n  "tasks": [\n    { "key": "first", "capability": "noop" }\n  ]\n}',
  model: '',
  edited: undefined,
  files: [],
}

/** The draft of this tab and how it is changed; `forget` once it has been sent. */
export function useDraft(first: { readonly [Name in keyof Draft]?: Draft[Name] | undefined }) {
  const [draft, setDraft] = useState<Draft>(() => ({ ...empty, ...storedDraft(), ...present(first) }))
  useEffect(() => {
    // Storage may be full or forbidden; then only a reload loses what was written.
    try {
      sessionStorage.setItem(stored_at, JSON.stringify(draft))
    } catch {}
  }, [draft])
  const change = useCallback((more: Partial<Draft>) => setDraft((before) => ({ ...before, ...more })), [])
  const addFile = useCallback(
    (file: GivenFile) => setDraft((before) => ({ ...before, files: [...before.files, file] })),
    [],
  )
  return {
    draft,
    change,
    addFile,
    forget: () => {
      setDraft(empty)
      sessionStorage.removeItem(stored_at)
    },
  }
}

/** What the planner is told. Whoever edited the preview gives that plan; else text, playbook or plan, whichever was chosen. */
export function goalInputOf(draft: Draft, by: By): Omit<GoalCreateInput, 'project_id'> {
  const { title, text, priority, files, edited } = draft
  return {
    title: title.trim(),
    priority,
    ...(text.trim() !== '' && { text }),
    ...(files.length > 0 && { artifact_ids: files.map(({ artifact_id }) => artifact_id) }),
    ...(edited === undefined ? planInputOf(draft, by) : { plan: planOf(edited) }),
  }
}

function planInputOf({ plan, playbook, variables, model }: Draft, by: By): Partial<GoalCreateInput> {
  if (by === 'text') return { strategy: 'outline' }
  if (by === 'model') return { strategy: 'model', ...(model !== '' && { model }) }
  if (by === 'plan') return { plan: planOf(plan) }
  const namedVariables = variables.filter(([name]) => name.trim() !== '')
  return {
    playbook,
    ...(namedVariables.length > 0 && {
      variables: Object.fromEntries(namedVariables.map(([name, value]) => [name.trim(), typedValue(value)])),
    }),
  }
}

/** The form is not sent before this is a plan, so what is parsed here is one. */
function planOf(text: string): NonNullable<GoalCreateInput['plan']> {
  return JSON.parse(text)
}

/** A number, a flag, a list where it is written as one; else the text itself. */
function typedValue(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

function storedDraft(): Partial<Draft> {
  try {
    const draft: Partial<Draft> = JSON.parse(sessionStorage.getItem(stored_at) ?? '{}')
    const isPriority = priorities.some((one) => one === draft.priority)
    return isPriority ? draft : { ...draft, priority: 'medium' }
  } catch {
    return {}
  }
}

function present(first: object): Partial<Draft> {
  return Object.fromEntries(Object.entries(first).filter(([, value]) => value !== undefined))
}
