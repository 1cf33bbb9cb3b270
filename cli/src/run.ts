import { type ExitCode, exitCodes } from '@muster/contract/platform/exit-codes'
import { productVersion } from '@muster/contract/version'
import { Command, CommanderError } from 'commander'
import { agentsCommand } from './commands/agents.ts'
import { approvalsCommand } from './commands/approvals.ts'
import { budgetsCommand } from './commands/budgets.ts'
import { doctorCommand } from './commands/doctor.ts'
import { goalCommand } from './commands/goal.ts'
import { journalCommand } from './commands/journal.ts'
import { keysCommand } from './commands/keys.ts'
import { migrateCommand } from './commands/migrate.ts'
import { stateCommand } from './commands/state.ts'
import { statusCommand } from './commands/status.ts'
import { stopCommand } from './commands/stop.ts'
import { taskCommand } from './commands/task.ts'
import { upCommand } from './commands/up.ts'
import { createContext } from './context.ts'
import { describeFailure, exitCodeOf } from './failures.ts'
import type { Io } from './io.ts'
import { printable, sizeOf } from './terminal-text.ts'

/** Runs one command line and gives its exit code. Data goes to stdout, everything for people to stderr. */
export async function run(words: readonly string[], io: Io): Promise<ExitCode> {
  let exit_code: ExitCode = exitCodes.done
  const context = createContext(io, (code) => {
    exit_code = code
  })
  const program = new Command('muster')
    .description('A self-hosted control plane for fleets of AI agents.')
    .version(productVersion)
    // Else `--version` of a command would be taken for that of the program.
    .enablePositionalOptions()
  const commands = [
    upCommand(context),
    stopCommand(context),
    statusCommand(context),
    goalCommand(context),
    taskCommand(context),
    approvalsCommand(context),
    stateCommand(context),
    agentsCommand(context),
    keysCommand(context),
    budgetsCommand(context),
    journalCommand(context),
    doctorCommand(context),
    migrateCommand(context),
  ]
  for (const command of commands) program.addCommand(command)
  for (const command of everyCommand(program)) quiet(command, io)
  try {
    await program.parseAsync([...words], { from: 'user' })
    return exit_code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    io.stderr.write(`${printable(describeFailure(error))}\n`)
    return exitCodeOf(error)
  }
}

/** Makes a command throw instead of ending the process, and write to `io`. */
function quiet(command: Command, io: Io): void {
  command.exitOverride()
  command.configureOutput({
    writeOut: (text) => void io.stdout.write(text),
    writeErr: (text) => void io.stderr.write(text),
    getOutHelpWidth: () => sizeOf(io.stdout).columns,
    getErrHelpWidth: () => sizeOf(io.stderr).columns,
  })
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}
