import { limits } from '@muster/contract/limits'
import { createGoal, listGoals } from '@muster/contract/planner/goals/goal.operations'
import { goalLabel } from '@muster/contract/planner/goals/goals'
import { priorities } from '@muster/contract/planner/tasks/task-definitions'
import type { MusterError } from '@muster/sdk/errors'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Play, Route } from 'lucide-react'
import { useCallback, useState } from 'react'
import { useAct } from '../../../api/query.ts'
import { Breadcrumb, BreadcrumbLink } from '../../../components/breadcrumb.tsx'
import { typedJson } from '../../../components/json-field.tsx'
import { usePermission } from '../../../providers/session.tsx'
import { Button } from '../../../ui/button.tsx'
import { Field, Select, TextArea, TextInput } from '../../../ui/field.tsx'
import { bytes, words } from '../../../ui/format.ts'
import { toast } from '../../../ui/overlays/toast.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Failed } from '../../../ui/states.tsx'
import { type By, type Draft, goalInputOf, useDraft } from './draft.ts'
import { FileDrop } from './files/file-drop.tsx'
import { useUploads } from './files/use-uploads.ts'
import { HowPlanned } from './plan/how-planned.tsx'
import { checkPlan } from './plan/plan-editing.ts'
import { PlanPreview } from './plan/plan-preview.tsx'
import { usePlanning } from './plan/use-planning.ts'
import { ProjectChoice } from './project-choice.tsx'

const fields = ['title', 'text', 'project_id', 'priority', 'playbook', 'variables', 'plan', 'model']

/** States a goal: what is wanted, with which files, planned how; looked at and changed before it starts. */
export function NewGoalPage() {
  const { project } = useSearch({ from: '__root__' })
  const { by = 'text', title } = useSearch({ from: '/goals/new' })
  const navigate = useNavigate()
  const { draft, change, addFile, forget } = useDraft({ project_id: project, title })
  const uploads = useUploads({
    project_id: draft.project_id,
    given: draft.files,
    onArrived: addFile,
  })
  const form = useSending({ draft, by, forget, uploading: uploads.uploads.length })
  const onProject = useCallback((project_id: string) => change({ project_id }), [change])
  const { errorAt } = form
  const isFixed = draft.files.length + uploads.uploads.length > 0
  return (
    <>
      <PageHead
        above={
          <Breadcrumb>
            <BreadcrumbLink to="/goals">Goals</BreadcrumbLink>
          </Breadcrumb>
        }
        title="New goal"
        facts="Draft saved in this tab"
      />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
        <Panel title="Goal">
          <form
            className="flex flex-col gap-5"
            onSubmit={(event) => {
              event.preventDefault()
              form.preview()
            }}
          >
            <Field label="Title" error={errorAt('title')}>
              <TextInput
                autoFocus
                value={draft.title}
                maxLength={limits.name_characters_max}
                placeholder="Brief the council on the heat wave"
                onChange={({ target }) => change({ title: target.value })}
              />
            </Field>
            <Field label="Instructions" error={errorAt('text')} hint={`Up to ${bytes(limits.goal_text_bytes_max)}.`}>
              <TextArea rows={5} value={draft.text} onChange={({ target }) => change({ text: target.value })} />
            </Field>
            <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_9rem]">
              <ProjectChoice
                value={draft.project_id}
                onChange={onProject}
                fixed={isFixed ? 'Attached files belong to this project. Remove them to change it.' : undefined}
                error={errorAt('project_id')}
              />
              <Field label="Priority" error={errorAt('priority')}>
                <Select
                  value={draft.priority}
                  options={priorities.map((one) => [one, words(one)] as const)}
                  onChange={({ target }) =>
                    change({ priority: priorities.find((one) => one === target.value) ?? 'medium' })
                  }
                />
              </Field>
            </div>
            <FileDrop
              uploads={uploads.uploads}
              given={draft.files}
              disabledReason={form.uploadDenied}
              onAdd={uploads.add}
              onRemove={uploads.remove}
              onRetry={uploads.retry}
              onTakeAway={(id) => change({ files: draft.files.filter(({ artifact_id }) => artifact_id !== id) })}
            />
            <HowPlanned
              by={by}
              onBy={(next) =>
                void navigate({ to: '/goals/new', search: (before) => ({ ...before, by: next }), replace: true })
              }
              draft={draft}
              change={change}
              errorAt={errorAt}
            />
            {form.otherError !== null && <Failed compact error={form.otherError} />}
            <div className="flex flex-wrap gap-2 border-t border-line pt-4">
              <Button
                type="submit"
                icon={<Route aria-hidden size={14} />}
                busy={form.planningSince !== undefined}
                disabledReason={form.disabledReason}
              >
                Preview plan
              </Button>
              <Button
                variant="primary"
                icon={<Play aria-hidden size={14} />}
                busy={form.isSending}
                disabledReason={form.disabledReason}
                onClick={() => form.send(true)}
              >
                Start
              </Button>
              <Button
                variant="ghost"
                busy={form.isSending}
                disabledReason={form.disabledReason}
                onClick={() => form.send(false)}
              >
                Save as draft
              </Button>
            </div>
          </form>
        </Panel>
        <PlanPreview
          preview={form.planned}
          thinking={
            by === 'model' && form.planningSince !== undefined && draft.edited === undefined
              ? { since: form.planningSince, cancel: form.cancelPlanning }
              : undefined
          }
          is_old={form.isOld}
          edited={draft.edited}
          onEdit={(edited) => {
            change({ edited })
            if (edited === undefined) form.preview({ ...draft, edited })
          }}
        />
      </div>
    </>
  )
}

/** Plans and sends a draft, and says what keeps it from being sent and where the server found fault. */
function useSending(of: {
  readonly draft: Draft
  readonly by: By
  readonly forget: () => void
  readonly uploading: number
}) {
  const { draft, by, forget, uploading } = of
  const navigate = useNavigate()
  const permission = usePermission()
  const [previewedInput, setPreviewedInput] = useState('')
  const plan = usePlanning()
  const create = useAct(createGoal, {
    invalidates: [listGoals],
    onDone: ({ id, number, status }) => {
      forget()
      toast(`${goalLabel(number)} ${status === 'planning' ? 'saved as draft' : 'created'}`)
      void navigate({ to: '/goals/$goal_id', params: { goal_id: id } })
    },
  })
  const disabledReason = permission('goals:write').reason ?? problemOf({ draft, by, uploading })
  const project_id = draft.project_id ?? ''
  // What was changed in the preview is not what makes it old.
  const currentInput = JSON.stringify([{ ...draft, edited: undefined }, by])
  const error: MusterError | null = create.error ?? plan.error
  const place = placeOf(error)
  return {
    disabledReason,
    uploadDenied:
      permission('artifacts:write').reason ?? (draft.project_id === undefined ? 'Select a project' : undefined),
    planned: plan.planned,
    isOld: plan.planned !== undefined && currentInput !== previewedInput,
    planningSince: plan.since,
    cancelPlanning: plan.cancel,
    isSending: create.isPending,
    errorAt: (field: string) => (error !== null && place === field ? saidAt(error, field) : undefined),
    otherError: error !== null && !fields.includes(place) ? error : null,
    preview: (previewDraft = draft) => {
      if (
        permission('goals:write').reason !== undefined ||
        problemOf({ draft: previewDraft, by, uploading }) !== undefined
      )
        return
      create.reset()
      setPreviewedInput(currentInput)
      plan.plan({ ...goalInputOf(previewDraft, by), project_id })
    },
    send: (start: boolean) => {
      plan.forgetError()
      create.mutate({ body: { ...goalInputOf(draft, by), project_id, start } })
    },
  }
}

/** What is wrong, with its place where that lies deeper than the field: `playbook.tasks[2].key`. */
function saidAt({ message, detail: { field, path } }: MusterError, formField: string): string {
  const place = typeof field === 'string' ? field : typeof path === 'string' ? path : formField
  return place === formField || message.includes(place) ? message : `${place}: ${message}`
}

/** The field of the form that an error is about: what the server names goes deeper, `plan.tasks[2].key`. */
function placeOf(error: MusterError | null): string {
  const { field, path } = error?.detail ?? {}
  const errorPath = typeof field === 'string' ? field : typeof path === 'string' ? path : ''
  const first = errorPath.split(/[.[]/)[0] ?? ''
  return first === 'tasks' ? 'plan' : first
}

function problemOf({ draft, by, uploading }: { draft: Draft; by: By; uploading: number }): string | undefined {
  if (draft.title.trim() === '') return 'Enter a title'
  if (draft.project_id === undefined) return 'Select a project'
  if (uploading > 0) return 'Wait for uploads to finish, or remove failed files'
  if (draft.edited === undefined && by === 'playbook' && draft.playbook.trim() === '') return 'The playbook is empty'
  const text = draft.edited ?? (by === 'plan' ? draft.plan : undefined)
  if (text === undefined) return undefined
  const typed = typedJson(text)
  if (typed.problem !== undefined) return typed.problem
  return checkPlan(typed.value).problems.length > 0 ? 'Fix the plan' : undefined
}
