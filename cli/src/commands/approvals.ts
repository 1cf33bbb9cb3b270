import type { AnswerAction, Approval, ApprovalStatus, Responded } from '@muster/contract/approvals/approvals'
import {
  claimApproval,
  getApproval,
  listApprovals,
  respondApproval,
  revokeApproval,
  snoozeApproval,
} from '@muster/contract/approvals/operations'
import type { Json } from '@muster/contract/values'
import type { Command } from 'commander'
import { duration, integer, jsonOrText } from '../arguments.ts'
import { type Context, group, leaf, type Printed, print, table, take, valueLines } from '../context.ts'
import { usage } from '../failures.ts'
import { readValueFile } from '../files.ts'
import { reasonWords } from '../words.ts'

/** `muster approvals …` */
export function approvalsCommand(context: Context): Command {
  return group('approvals', 'review and answer approvals', [
    listCommand(context),
    showCommand(context),
    approveCommand(context),
    rejectCommand(context),
    amendCommand(context),
    answerCommand(context),
    claimCommand(context),
    snoozeCommand(context),
    revokeCommand(context),
  ])
}

interface ListOptions extends Printed {
  readonly status?: ApprovalStatus
  readonly goal?: string
  readonly project?: string
  readonly limit: number
}

function listCommand({ io, connect }: Context): Command {
  return leaf('list', 'list open approvals')
    .option('--status <status>', 'list by status: decided, applied, expired, withdrawn')
    .option('--goal <id>', 'filter by goal')
    .option('--project <id>', 'filter by project')
    .option('--limit <n>', 'maximum number of results', integer(1, 10_000), 200)
    .action(async ({ status, goal, project, limit, ...options }: ListOptions) => {
      const query = {
        ...(status === undefined ? {} : { status }),
        ...(goal === undefined ? {} : { goal_id: goal }),
        ...(project === undefined ? {} : { project_id: project }),
      }
      const approvals = await take((await connect()).list(listApprovals, { query }), limit)
      print({ io, ...options }, approvals, () => {
        const rows = approvals.map(({ id, risk, rule, due_at, question }) => [
          id,
          risk,
          reasonWords(rule),
          due_at,
          question,
        ])
        return table(['id', 'risk', 'reason', 'due', 'question'], rows)
      })
    })
}

function showCommand({ io, connect }: Context): Command {
  return leaf('show', 'show an approval and its proposed result')
    .argument('<id>')
    .action(async (id: string, options: Printed) => {
      const approval = await (await connect()).call(getApproval, { params: { id } })
      print({ io, ...options }, approval, () => approvalLines(approval))
    })
}

/** The thing itself comes first, then the question. */
function approvalLines(approval: Approval): string[] {
  const { answers } = approval
  return [
    ...valueLines(approval.proposed),
    '',
    approval.question,
    `reason   ${reasonWords(approval.rule)}`,
    `status   ${approval.status}, due ${approval.due_at}`,
    `risk     ${approval.risk}${approval.quorum > 1 ? `, ${approval.quorum} approvals required` : ''}`,
    ...(approval.claimed_by === undefined ? [] : [`claimed  ${approval.claimed_by.name ?? approval.claimed_by.id}`]),
    ...answers.map(
      ({ by, action, comment, at }) => `${at}  ${by.name ?? by.id}: ${action}${comment ? `, ${comment}` : ''}`,
    ),
    ...(approval.status === 'open' ? [`options  ${approval.options.join(', ')}`] : []),
  ]
}

function approveCommand(context: Context): Command {
  return leaf('approve', 'approve the result')
    .argument('<id>')
    .option('--comment <text>')
    .option('--revocable <time>', 'delay before it is applied, such as 30s; you can undo until then', duration)
    .action((id: string, options: AnswerOptions) => respond(context, { id, action: 'approve', options }))
}

function rejectCommand(context: Context): Command {
  return leaf('reject', 'reject the result')
    .argument('<id>')
    .requiredOption('--comment <text>', 'why')
    .action((id: string, options: AnswerOptions) => respond(context, { id, action: 'reject', options }))
}

function amendCommand(context: Context): Command {
  return leaf('amend', 'edit the result, or request changes with --comment')
    .argument('<id>')
    .option('--content <text>', 'edited result; JSON or text')
    .option('--file <file>', 'read the edited result from a file, or - for standard input')
    .option('--comment <text>', 'without content: feedback for the agent')
    .action(async (id: string, options: AnswerOptions & { content?: string; file?: string }) => {
      const content = await contentOf(context, options)
      if (content === undefined && options.comment === undefined) throw usage('provide --content, --file or --comment')
      await respond(context, { id, action: 'amend', options, content })
    })
}

/** The edited result; undefined where there is only a comment. */
async function contentOf(
  { io }: Context,
  { content, file }: { content?: string; file?: string },
): Promise<Json | undefined> {
  if (content !== undefined) return jsonOrText(content)
  return file === undefined ? undefined : readValueFile(io, file)
}

const otherActions = ['answer', 'retry', 'skip', 'continue', 'fail'] as const

function answerCommand(context: Context): Command {
  return leaf('answer', 'answer an agent’s question, or decide what happens after a failed dependency')
    .argument('<id>')
    .argument('<action>', otherActions.join(', '))
    .option('--comment <text>', 'with `answer`: the answer')
    .action((id: string, action: string, options: AnswerOptions) => {
      const answerAction = otherActions.find((other) => other === action)
      if (answerAction === undefined) throw usage(`${action} is not one of ${otherActions.join(', ')}`)
      return respond(context, { id, action: answerAction, options })
    })
}

interface AnswerOptions extends Printed {
  readonly comment?: string
  readonly revocable?: number
}

interface GivenAnswer {
  readonly id: string
  readonly action: AnswerAction
  readonly options: AnswerOptions
  readonly content?: Json | undefined
}

async function respond({ io, connect }: Context, { id, action, options, content }: GivenAnswer): Promise<void> {
  const body = {
    action,
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    ...(options.revocable === undefined ? {} : { revocable_ms: options.revocable }),
    ...(content === undefined ? {} : { content }),
  }
  const responded = await (await connect()).call(respondApproval, { params: { id }, body })
  print({ io, ...options }, responded, () => [respondedLine(responded)])
}

function respondedLine({ status, action, applied, effective_at, answers_missing }: Responded): string {
  if (status === 'open') return `${action} saved; ${answers_missing ?? 'more'} more required`
  if (status === 'decided')
    return `${action} takes effect ${effective_at === undefined ? 'soon' : `at ${effective_at}`}`
  return applied?.commit_id === undefined ? `${action} applied` : `${action} applied, commit ${applied.commit_id}`
}

function claimCommand({ io, connect }: Context): Command {
  return leaf('claim', 'claim an approval for review')
    .argument('<id>')
    .option('--for <time>', 'how long, such as 10m; 0s releases it', duration)
    .action(async (id: string, options: Printed & { for?: number }) => {
      const body = options.for === undefined ? {} : { for_ms: options.for }
      const approval = await (await connect()).call(claimApproval, { params: { id }, body })
      print({ io, ...options }, approval, () => [
        approval.claimed_until === undefined ? 'not claimed' : `claimed until ${approval.claimed_until}`,
      ])
    })
}

function snoozeCommand({ io, connect }: Context): Command {
  return leaf('snooze', 'snooze an approval')
    .argument('<id>')
    .argument('<time>', 'such as 30m or 2h', duration)
    .action(async (id: string, for_ms: number, options: Printed) => {
      const approval = await (await connect()).call(snoozeApproval, { params: { id }, body: { for_ms } })
      print({ io, ...options }, approval, () => [
        `snoozed until ${approval.snoozed_until ?? 'now'}, due ${approval.due_at}`,
      ])
    })
}

function revokeCommand({ io, connect }: Context): Command {
  return leaf('revoke', 'undo your answer before it takes effect')
    .argument('<id>')
    .action(async (id: string, options: Printed) => {
      const approval = await (await connect()).call(revokeApproval, { params: { id } })
      print({ io, ...options }, approval, () => [`${approval.id} is ${approval.status}`])
    })
}
