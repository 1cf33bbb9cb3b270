import { describe, expect, it } from 'vitest'
import { columnsOf } from '../terminal-text.ts'
import { approvalOf, goalOf, idOf, taskOf } from '../testing/fixtures.ts'
import { createProgress, drawProgress } from './progress.ts'

const edge = (key: string) => ({ key, on_failure: 'fail' as const })
const tasks = [
  taskOf(1, 'read', { status: 'done' }),
  taskOf(2, 'health', { status: 'awaiting_approval', reason: 'sensitive_topic:health_advice' }),
  taskOf(3, 'news', { status: 'running' }),
  taskOf(4, 'compose', { status: 'pending', depends_on: [edge('read'), edge('health'), edge('news')] }),
]
const view = { goal: goalOf('running', tasks), tasks, approvals: [approvalOf(1)] }

describe('the drawing of a goal', () => {
  it('has a bar, every state, who waiting for whom, and the command that answers', () => {
    expect(drawProgress(view, { columns: 100, rows: 30 })).toEqual([
      'GOAL-1 Brief me: running  [######------------------] 1/4',
      ' ✓ read    done',
      ' ? health  awaiting approval: sensitive topic: health advice',
      ' ▸ news    running',
      ' · compose waiting for health, news',
      ' ? Approve “Write”? (sensitive topic: health advice)',
      `     npx muster approvals approve ${idOf(501)}`,
    ])
  })

  it('cuts lines to the terminal, but never a command', () => {
    const lines = drawProgress(view, { columns: 30, rows: 30 })
    for (const line of lines.slice(0, 5)) expect([...line].length).toBeLessThan(30)
    expect(lines.at(-1)).toContain(idOf(501))
  })

  it('cuts a long title rather than the status behind it', () => {
    const goal = { ...view.goal, title: '热'.repeat(45) }
    const [line = ''] = drawProgress({ ...view, goal }, { columns: 80, rows: 30 })
    expect(line).toMatch(/^GOAL-1 热+…: running {2}\[#{6}-{18}\] 1\/4$/)
    expect(columnsOf(line)).toBeLessThan(80)
  })

  it('shows of many tasks those that matter, and says how many more there are', () => {
    const many = Array.from({ length: 100 }, (_item, index) =>
      taskOf(index, `t${index}`, { status: index === 70 ? 'running' : 'done' }),
    )
    const lines = drawProgress({ goal: goalOf('running', many), tasks: many, approvals: [] }, { columns: 80, rows: 14 })
    expect(lines).toHaveLength(12)
    expect(lines.some((line) => line.includes('t70'))).toBe(true)
    expect(lines.at(-1)).toBe('   + 90 more')
  })

  it('names the other answers where approving is none of them', () => {
    const approvals = [approvalOf(2, { options: ['retry', 'skip'] })]
    expect(drawProgress({ ...view, approvals }, { columns: 100, rows: 30 }).at(-1)).toBe(
      `     npx muster approvals answer ${idOf(502)} retry|skip`,
    )
  })

  it('lets no title steer the terminal', () => {
    const goal = { ...goalOf('running'), title: 'a\u001b[2Jb\nc' }
    const [line] = drawProgress({ goal, tasks: [], approvals: [] }, { columns: 80, rows: 24 })
    expect(line).toMatch(/^GOAL-1 a\ufffd\[2Jb c: running/)
  })
})

describe('progress', () => {
  it('prints one plain line for each change where there is no terminal', () => {
    let output = ''
    const progress = createProgress({ write: (text) => (output += text) })
    progress.update(view)
    progress.update(view)
    const after = tasks.map((task) => (task.key === 'news' ? { ...task, status: 'done' as const } : task))
    progress.update({ ...view, tasks: after, goal: goalOf('running', after) })
    expect(output.split('\n')).toEqual([
      'read: done',
      'health: awaiting approval: sensitive topic: health advice',
      'news: running',
      'compose: waiting for health, news',
      ' ? Approve “Write”? (sensitive topic: health advice)',
      `     npx muster approvals approve ${idOf(501)}`,
      'Brief me: running',
      'news: done',
      'compose: waiting for health',
      '',
    ])
  })

  it('draws over itself on a terminal, however many rows its lines took', () => {
    const writes: string[] = []
    const progress = createProgress({ write: (text) => writes.push(text), isTTY: true, columns: 40, rows: 24 })
    progress.update(view)
    progress.update(view)
    expect(writes[0]?.startsWith('\r\u001b[J')).toBe(true)
    // The question is 51 characters wide and the command 67, so both take two rows of 40.
    expect(writes[1]?.startsWith('\u001b[9A\r\u001b[J')).toBe(true)
  })

  it.each([0, 1, 2, 12, 60])('draws on a terminal that says it has %i columns', (columns) => {
    const writes: string[] = []
    const progress = createProgress({ write: (text) => writes.push(text), isTTY: true, columns, rows: columns })
    const wide = { ...view, goal: { ...view.goal, title: '热'.repeat(45) }, approvals: [] }
    progress.update(wide)
    progress.update(wide)
    const [, rows = ''] = /^\u001b\[(\d+)A/.exec(writes[1] ?? '') ?? []
    // Every line was cut to the terminal, so as many rows are drawn over as lines were written.
    expect(Number(rows)).toBe((writes[0] ?? '').slice(0, -1).split('\n').length)
    if (columns === 0) expect(writes[0]).toContain('health, news')
  })
})
