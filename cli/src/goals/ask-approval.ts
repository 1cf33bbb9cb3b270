/** Puts an approval to the person at the terminal, and gives their answer. */
import type { AnswerAction, Approval } from '@muster/contract/approvals/approvals'
import type { respondApproval } from '@muster/contract/approvals/operations'
import type { InputOf } from '@muster/contract/operation'
import type { Json } from '@muster/contract/values'
import { parseJson } from '../arguments.ts'
import { say, valueLines } from '../context.ts'
import { describeFailure } from '../failures.ts'
import type { Io } from '../io.ts'
import { oneLine } from '../terminal-text.ts'
import { reasonWords } from '../words.ts'

/** What is sent as an answer. */
export type AnswerInput = NonNullable<InputOf<typeof respondApproval>['body']>

/** The letter that stands for an answer; the others are typed as words. */
const letters: Readonly<Partial<Record<AnswerAction, string>>> = { approve: 'y', reject: 'n', amend: 'e', answer: 'a' }
const labels: Readonly<Partial<Record<AnswerAction, string>>> = { approve: 'yes', reject: 'no', amend: 'edit' }

/** The answer; null where the person leaves it for later, or nobody is there any more. */
export async function askApproval(io: Io, approval: Approval): Promise<AnswerInput | null> {
  say(io, `\n? ${oneLine(approval.question)}`)
  say(io, `  ${oneLine(reasonWords(approval.rule))}`)
  const choices = choicesOf(approval)
  for (;;) {
    const typed = await io.ask(`  ${choices.prompt} `)
    if (typed === null) return null
    const word = typed.trim().toLowerCase()
    if (word === '' || word === 'l' || word === 'later') return null
    if (word === 's' || word === 'show') {
      for (const line of valueLines(approval.proposed)) say(io, `  ${line}`)
      continue
    }
    const action = choices.actionOf(word)
    if (action === undefined) {
      say(io, `  ${oneLine(typed.trim())} is not one of the answers.`)
      continue
    }
    const answer = await completed(io, approval, action)
    if (answer !== null) return answer
  }
}

function choicesOf({ options }: Approval) {
  const named = options.map((action) => ({ action, letter: letters[action], label: labels[action] ?? action }))
  const texts = named.map(({ letter, label }) => (letter === undefined ? label : `[${letter}] ${label}`))
  return {
    prompt: `${[...texts, '[s] show', '[l] later'].join('  ')} >`,
    actionOf: (word: string): AnswerAction | undefined =>
      named.find(({ action, letter, label }) => [action, letter, label].includes(word))?.action,
  }
}

/** What the answer needs beside its name; null where the person thought better of it. */
async function completed(io: Io, approval: Approval, action: AnswerAction): Promise<AnswerInput | null> {
  const base = { action }
  if (action === 'reject') {
    const comment = await asked(io, '  Why? ')
    return comment === null ? null : { ...base, comment }
  }
  if (action === 'answer') {
    const comment = await asked(io, '  Answer: ')
    return comment === null ? null : { ...base, comment }
  }
  if (action === 'amend') return amended(io, approval)
  return base
}

async function asked(io: Io, question: string): Promise<string | null> {
  const text = (await io.ask(question))?.trim()
  return text === undefined || text === '' ? null : text
}

/** The result as the person edits it; without an editor, what should change is asked for in words. */
async function amended(io: Io, { proposed }: Approval): Promise<AnswerInput | null> {
  const { text, extension, contentOf } = editable(proposed)
  const edited = await io.edit(text, extension)
  if (edited === undefined) {
    const comment = await asked(io, '  No editor is set (EDITOR). What should the agent change? ')
    return comment === null ? null : { action: 'amend', comment }
  }
  if (edited === null || edited === text) {
    say(io, '  Nothing was changed.')
    return null
  }
  try {
    return { action: 'amend', content: contentOf(edited) as Json }
  } catch (error) {
    say(io, `  ${describeFailure(error)}`)
    return null
  }
}

interface Editable {
  readonly text: string
  readonly extension: '.md' | '.json'
  /** @throws a usage error for what is no JSON */
  contentOf(text: string): unknown
}

/** A text is edited as text, also where it is one field of a result; anything else as JSON. */
function editable(value: Json): Editable {
  if (typeof value === 'string') return { text: value, extension: '.md', contentOf: (text) => text }
  if (typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string')
    return { text: value.text, extension: '.md', contentOf: (text) => ({ ...value, text }) }
  return {
    text: `${JSON.stringify(value, null, 2)}\n`,
    extension: '.json',
    contentOf: (text) => parseJson(text, 'the edited result'),
  }
}
