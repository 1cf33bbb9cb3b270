import { listBudgets } from '@muster/contract/budgets/operations'
import { verifyBudgets } from '@muster/contract/gateway/model.operations'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import type { Command } from 'commander'
import { type Context, group, leaf, type Printed, print, table, take } from '../context.ts'

/** `muster budgets …` */
export function budgetsCommand(context: Context): Command {
  return group('budgets', 'list and reconcile budgets', [listCommand(context), verifyCommand(context)])
}

function listCommand({ io, connect }: Context): Command {
  return leaf('list', 'list budgets with usage and reservations').action(async (options: Printed) => {
    const budgets = await take((await connect()).list(listBudgets), 10_000)
    print({ io, ...options }, budgets, () => {
      const rows = budgets.map(({ id, scope, window, cost_micro_usd, tokens, held, used, closed }) => [
        id,
        `${scope.kind} ${scope.id}`,
        window,
        ofLimit(used.cost_micro_usd, cost_micro_usd),
        ofLimit(used.tokens, tokens),
        `${held.cost_micro_usd} / ${held.tokens}`,
        closed ? 'closed' : 'open',
      ])
      return table(['id', 'scope', 'window', 'micro-USD', 'tokens', 'reserved (micro-USD / tokens)', 'state'], rows)
    })
  })
}

const ofLimit = (usedAmount: number, limit: number | undefined): string => `${usedAmount} of ${limit ?? 'any'}`

function verifyCommand({ io, connect, exitWith }: Context): Command {
  return leaf('verify', 'check that model calls match their charges').action(async (options: Printed) => {
    const verification = await (await connect()).call(verifyBudgets)
    const { attempts, charges, held, reservations } = verification
    print({ io, ...options }, verification, () => [
      verification.valid ? 'Budgets reconcile' : 'BUDGETS DO NOT RECONCILE',
      `  calls:    ${attempts.ended} completed, ${attempts.cost_micro_usd} micro-USD, ${attempts.tokens} tokens`,
      `  charges:  ${charges.rows}, ${charges.cost_micro_usd} micro-USD, ${charges.tokens} tokens`,
      `  reserved: ${held.rows} for ${attempts.live} active, ${held.cost_micro_usd} micro-USD, ${held.tokens} tokens`,
      `  upcoming: ${reservations.rows} reservations, ${reservations.cost_micro_usd} micro-USD, ${reservations.tokens} tokens`,
      ...verification.problems.map(({ attempt_id, problem, message }) => `  ${attempt_id}, ${problem}: ${message}`),
    ])
    exitWith(verification.valid ? exitCodes.done : exitCodes.failed)
  })
}
