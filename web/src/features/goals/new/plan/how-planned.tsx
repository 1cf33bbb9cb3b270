import { limits } from '@muster/contract/limits'
import { lazy, Suspense } from 'react'
import { JsonField, typedJson } from '../../../../components/json-field.tsx'
import { Choice } from '../../../../ui/field.tsx'
import { Loading } from '../../../../ui/states.tsx'
import type { By, Draft } from '../draft.ts'
import { TextFile } from '../text-file.tsx'
import { checkPlan } from './plan-editing.ts'
import { PlanProblems } from './plan-problems.tsx'
import { PlannerChoice } from './planner-choice.tsx'

/** It reads YAML, which nothing else on the page does. */
const PlaybookEditor = lazy(async () => ({ default: (await import('./playbook-editor.tsx')).PlaybookEditor }))

const hints: Readonly<Record<By, string>> = {
  text: 'Each file becomes a section of a briefing. Without files, each heading of the instructions becomes a task.',
  model: 'A model reads the instructions and the available agents, and writes the plan.',
  playbook: 'A reusable plan in YAML, with variables.',
  plan: 'Define every task yourself.',
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
          Planning method
        </span>
        <Choice
          label="Planning method"
          value={by}
          onChange={onBy}
          options={[
            ['text', 'Automatic (one section per file)'],
            ['model', 'Model'],
            ['playbook', 'Playbook'],
            ['plan', 'Plan (JSON)'],
          ]}
        />
        <p className="text-[0.93rem] text-soft">{hints[by]}</p>
      </div>
      <div className="flex w-full flex-col gap-3">
        {by === 'model' && <PlannerChoice draft={draft} change={change} error={errorAt('model')} />}
        {by === 'playbook' && (
          <Suspense fallback={<Loading />}>
            <PlaybookEditor draft={draft} change={change} errorAt={errorAt} />
          </Suspense>
        )}
        {by === 'plan' && <ExplicitPlan draft={draft} change={change} error={errorAt('plan')} />}
      </div>
    </div>
  )
}

interface PartProps {
  readonly draft: Draft
  readonly change: (more: Partial<Draft>) => void
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
        label="Open plan file"
        accept=".json,application/json"
        bytes_max={limits.plan_body_bytes_max}
        onText={(text) => change({ plan: text })}
      />
    </>
  )
}
