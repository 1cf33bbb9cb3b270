import type { CommandLineAdapter } from './adapter.rules.ts'
import type { CommandLineLimits } from './limits.rules.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The parts of this machine that command lines may use. */
export interface CommandLineHost {
  /** The folder of all runs' folders: of this machine alone, and of no other container. Created where it is missing. */
  readonly root: string
  /** Where transcripts are kept; nothing removes them but the caller. */
  readonly transcripts: string
  /** The server's environment; only PATH and the variables that adapters pass on are read. */
  readonly env: Environment
  /** Repositories that tasks may work in: these folders and what is below them. */
  readonly repositories: readonly string[]
  /** Folders that no command line may see, such as the data directory. */
  readonly hidden: readonly string[]
  /**
   * Whether a server that runs as root gives each run a user id of its own, so that the system itself keeps it apart;
   * default true, and without meaning where the server is not root.
   */
  readonly own_user?: boolean
}

export type Sandbox = 'bubblewrap' | 'none'

export interface InputFile {
  /** In the workspace, with slashes. */
  readonly path: string
  readonly bytes: Uint8Array
}

export interface CommandLineRequest {
  readonly run_id: string
  readonly host: CommandLineHost
  readonly adapter: CommandLineAdapter
  readonly sandbox: Sandbox
  /** The task as text for the agent. */
  readonly prompt: string
  readonly files: readonly InputFile[]
  /** Absent: an empty folder. */
  readonly repository?: { readonly path: string; readonly ref?: string }
  /** Absent: the command line calls no model of ours. `url` has no `/v1`. */
  readonly gateway?: { readonly url: string; readonly key: string; readonly model?: string }
  readonly limits?: Partial<CommandLineLimits>
  readonly signal: AbortSignal
  onLog(level: 'info' | 'warn', text: string): void
  /** Called with every changed file while it exists, one at a time, within the limits. */
  onFile?(file: ChangedFile, bytes: Uint8Array): Promise<void>
}

export interface ChangedFile {
  readonly path: string
  readonly change: 'added' | 'modified' | 'deleted'
  readonly bytes: number
  /** Empty where it was deleted or left out. */
  readonly sha256: string
  /** Why its content was not read: a link, a device, too large, past the limits. */
  readonly left_out?: string
}

export type CommandLineStatus = 'exited' | 'timeout' | 'killed' | 'output_limit' | 'failed_to_start'

export interface CommandLineResult {
  readonly status: CommandLineStatus
  /** Absent where the program did not end by itself. */
  readonly exit_code?: number
  /** It ended by itself with code 0, gave a result and did not say that it failed. */
  readonly is_done: boolean
  /** Whether another try may differ. */
  readonly retryable: boolean
  /** Why it is not done, for people. */
  readonly reason?: string
  readonly output_text: string
  readonly changed_files: readonly ChangedFile[]
  /** Whether files were changed beyond what the list holds. */
  readonly changed_files_cut: boolean
  /** Unified; of repositories only. */
  readonly diff?: string
  readonly diff_cut: boolean
  readonly transcript_path?: string
  readonly transcript_tail: string
  /** Processes that the program left behind and that were killed; inside bubblewrap the system does that uncounted. */
  readonly left_behind: number
  readonly containment: Containment
}

/** How the program was contained. */
export interface Containment {
  readonly sandbox: Sandbox
  /** A user of its own, or that of the server. */
  readonly user: 'own' | 'server'
  /** Whether the ceilings on processes, memory, files and time were set. */
  readonly has_ceilings: boolean
}

/** The mark of a run, by which its processes are found. */
export interface Mark {
  readonly run_id: string
  readonly folder: string
  /** The user id that this run alone has. */
  readonly uid: number | undefined
}

/** The folders of one run. */
export interface RunFolder {
  readonly path: string
  readonly workspace: string
  readonly home: string
  readonly tmp: string
  /** The folder of the prompt and of the result file. */
  readonly exchange: string
  /** The server's own folder: the program does not see it. */
  readonly control: string
}
