import { getPolicy, listPolicyVersions, putPolicy, rollBackPolicy } from '@muster/contract/projects/operations'
import {
  default_policy,
  type Policy as PolicyData,
  type PolicyVersion,
  policy as policySchema,
} from '@muster/contract/projects/policies'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { act, queryClient, useApi } from '../../api/query.ts'
import { useActorName } from '../../components/agents/actor-names.ts'
import { compareValues } from '../../components/compare.ts'
import { More, useMore } from '../../components/lists/pages.tsx'
import { VersionList } from '../../components/version-list.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox, Choice, Field, TextArea } from '../../ui/field.tsx'
import { words } from '../../ui/format.ts'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { QueryBoundary } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { FieldDiff } from '../../ui/text/diff.tsx'
import { Ago } from '../../ui/time.tsx'
import { ShareInput, WholeNumberInput } from './number-inputs.tsx'
import { Minds } from './policy-minds.tsx'

interface OfProject {
  readonly project_id: string
  readonly name: string
}

/** The policy in force: the figures that people change most as fields, the rest as JSON, and every version there was. */
export function Policy({ project_id, name }: OfProject) {
  const answer = useApi(getPolicy, { params: { id: project_id } })
  return (
    <QueryBoundary of={answer}>
      {(current) => (
        <div className="grid grid-cols-1 gap-8 p-4 md:p-6 xl:grid-cols-[minmax(0,1fr)_minmax(18rem,28rem)]">
          <Editor key={current.version} project_id={project_id} name={name} current={current} />
          <Versions project_id={project_id} current={current} />
        </div>
      )}
    </QueryBoundary>
  )
}

function Editor({ project_id, name, current }: OfProject & { readonly current: PolicyVersion }) {
  const permission = usePermission()
  const [draft, setDraft] = useState<PolicyData>(current.policy)
  const [json, setJson] = useState<string>()
  const [busy, setBusy] = useState(false)
  const parsedPolicy = json === undefined ? parse(JSON.stringify(draft)) : parse(json)
  const changes = 'policy' in parsedPolicy ? compareValues(current.policy, parsedPolicy.policy) : []
  const changeDraft = (more: Partial<PolicyData>): void => setDraft({ ...draft, ...more })
  const disabledReason =
    permission('policy:write').reason ??
    ('problem' in parsedPolicy
      ? json === undefined
        ? parsedPolicy.problem
        : 'Fix the JSON'
      : changes.length === 0
        ? 'No changes'
        : undefined)
  const save = async (): Promise<void> => {
    if (!('policy' in parsedPolicy)) return
    setBusy(true)
    try {
      const { version } = await act(putPolicy, {
        params: { id: project_id },
        body: parsedPolicy.policy,
        headers: { 'if-match': `"${current.version}"` },
      })
      toast(`Policy v${version} published`)
    } catch (error) {
      toastError(error, 'Policy was not changed')
    }
    setBusy(false)
    await refresh()
  }
  return (
    <section className="flex flex-col gap-5">
      <h2 className="text-[1.15rem] font-semibold">
        {name} <Tag>v{current.version}</Tag>
      </h2>
      {json === undefined ? (
        <Fields draft={draft} set={changeDraft} onChange={setDraft} />
      ) : (
        <Field label="Policy (JSON)" error={'problem' in parsedPolicy ? parsedPolicy.problem : undefined}>
          <TextArea
            rows={22}
            spellCheck={false}
            className="font-mono text-[0.9rem]"
            value={json}
            onChange={({ target }) => setJson(target.value)}
          />
        </Field>
      )}
      {changes.length > 0 && (
        <div>
          <h3 className="mb-2 font-medium">Changes</h3>
          <FieldDiff changes={changes} />
        </div>
      )}
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" busy={busy} disabledReason={disabledReason} onClick={() => void save()}>
          Publish
        </Button>
        <Button
          onClick={() => {
            if (json === undefined) setJson(JSON.stringify(draft, null, 2))
            else {
              if ('policy' in parsedPolicy) setDraft(parsedPolicy.policy)
              setJson(undefined)
            }
          }}
        >
          {json === undefined ? 'Edit as JSON' : 'Edit fields'}
        </Button>
        <Button variant="ghost" onClick={() => setDraft(default_policy)}>
          Reset to defaults
        </Button>
      </div>
    </section>
  )
}

const shares = [
  ['commit_above', 'Commit above confidence', 'This value and below need approval.'],
  ['confidence_min', 'Minimum confidence', 'Below this, the agent retries.'],
  ['quality_min', 'Minimum quality', 'Below this, the agent retries.'],
] as const

function Fields(props: {
  readonly draft: PolicyData
  readonly set: (more: Partial<PolicyData>) => void
  readonly onChange: (draft: PolicyData) => void
}) {
  const { draft, set, onChange } = props
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-1">
        <span className="font-medium">Oversight</span>
        <Choice
          label="Oversight"
          value={draft.oversight}
          onChange={(oversight) => set({ oversight })}
          options={[
            ['low', 'Low'],
            ['medium', 'Medium'],
            ['high', 'High'],
          ]}
        />
        <p className="text-soft">
          {
            {
              low: 'Approval only for sensitive topics, external effects and tasks that require it.',
              medium: 'Approval also for medium confidence.',
              high: 'Approval for every commit.',
            }[draft.oversight]
          }
        </p>
      </div>
      <div className="grid gap-4 sm:grid-cols-3">
        {shares.map(([name, label, hint]) => (
          <Field key={name} label={label} hint={hint}>
            <ShareInput value={draft[name]} onChange={(share) => set({ [name]: share })} />
          </Field>
        ))}
        <Field label="Max retries" hint="Then it needs approval.">
          <WholeNumberInput
            min={0}
            max={20}
            value={draft.retries_max}
            onChange={(retries_max) => set({ retries_max })}
          />
        </Field>
        <Field label="Approvals required" hint="People per approval.">
          <WholeNumberInput min={1} max={10} value={draft.quorum} onChange={(quorum) => set({ quorum })} />
        </Field>
        <Field label="Approval expires after (hours)" hint="Expired approvals are never approved.">
          <WholeNumberInput
            min={1}
            max={720}
            value={Math.round(draft.approval_due_ms / 3_600_000)}
            onChange={(hours) => set({ approval_due_ms: Math.max(1, hours) * 3_600_000 })}
          />
        </Field>
      </div>
      <div className="flex flex-col items-start gap-1.5">
        <Checkbox
          label="Four eyes: the goal’s creator cannot approve it"
          checked={draft.four_eyes}
          onChange={({ target }) => set({ four_eyes: target.checked })}
        />
        <Checkbox
          label="Approval for every plan"
          checked={draft.plan_approval}
          onChange={({ target }) => set({ plan_approval: target.checked })}
        />
        <Checkbox
          label="Manual commit"
          checked={draft.commit === 'manual'}
          onChange={({ target }) => set({ commit: target.checked ? 'manual' : 'auto' })}
        />
      </div>
      <div>
        <span className="font-medium">Checks</span>
        <p className="mt-1 flex flex-wrap gap-1">
          {draft.checks.map(({ check, severity }, at) =>
            check === 'rubric' ? null : (
              <Tag key={`${check} ${at}`}>
                {words(check)}, {severity}
              </Tag>
            ),
          )}
        </p>
        <p className="mt-1 text-soft">Edit weights and parameters as JSON.</p>
      </div>
      <Minds draft={draft} onChange={onChange} />
    </div>
  )
}

function Versions({ project_id, current }: { readonly project_id: string; readonly current: PolicyVersion }) {
  const { version } = useSearch({ from: '/settings' })
  const navigate = useNavigate({ from: '/settings' })
  const permission = usePermission()
  const actorName = useActorName()
  const versions = useMore<PolicyVersion>(listPolicyVersions, { params: { id: project_id } })
  const selectedVersion = versions.items.find((one) => one.version === version)
  const rollBack = async (to: number): Promise<void> => {
    try {
      const newVersion = await act(rollBackPolicy, { params: { id: project_id }, body: { version: to } })
      toast(`Policy v${newVersion.version} restored from v${to}`)
    } catch (error) {
      toastError(error, 'Policy was not changed')
    }
    await refresh()
  }
  return (
    <section className="flex min-w-0 flex-col gap-3">
      <h2 className="text-[1.15rem] font-semibold">Versions</h2>
      <VersionList
        label="Policy versions, newest first"
        versions={versions.items.map((one) => ({
          version: one.version,
          is_active: one.current,
          facts: (
            <>
              {actorName(one.changed_by)}, <Ago at={one.changed_at} />
              {one.rolled_back_to !== undefined && `, restored from v${one.rolled_back_to}`}
            </>
          ),
        }))}
        selected={version}
        onSelect={(selected) =>
          void navigate({ to: '/settings', search: (before) => ({ ...before, version: selected }) })
        }
        restoreLabel="Roll back"
        onRestore={(to) => void rollBack(to)}
        disabledReason={permission('policy:write').reason}
        className="rounded-md border border-line"
      />
      <More of={versions} />
      {selectedVersion !== undefined && (
        <div>
          <h3 className="mb-2 font-medium">v{selectedVersion.version} → active</h3>
          <FieldDiff changes={compareValues(selectedVersion.policy, current.policy)} />
        </div>
      )}
    </section>
  )
}

function refresh(): Promise<unknown> {
  return Promise.all([getPolicy, listPolicyVersions].map(({ id }) => queryClient.invalidateQueries({ queryKey: [id] })))
}

function parse(text: string): { readonly policy: PolicyData } | { readonly problem: string } {
  try {
    const result = policySchema.safeParse(JSON.parse(text))
    if (result.success) return { policy: result.data }
    const [issue] = result.error.issues
    return { problem: `${issue?.path.join('.') || 'policy'}: ${issue?.message ?? 'is invalid'}` }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'Invalid JSON' }
  }
}
