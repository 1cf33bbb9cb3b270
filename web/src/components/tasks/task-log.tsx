import { logLevels, type TaskLogLine } from '@muster/contract/runtimes/logs'
import { ArrowDownToLine, Pause } from 'lucide-react'
import { useLayoutEffect, useRef, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Select } from '../../ui/field.tsx'
import { Empty, Failed } from '../../ui/states.tsx'
import { Clock } from '../../ui/time.tsx'
import { useTaskLog } from './use-task-log.ts'

type Level = TaskLogLine['level']

const tones: Readonly<Record<Level, string>> = {
  debug: 'text-faint',
  info: 'text-soft',
  warn: 'text-warn',
  error: 'text-bad',
}
const levelNames: readonly (readonly [Level, string])[] = [
  ['debug', 'All levels'],
  ['info', 'Info and above'],
  ['warn', 'Warnings and errors'],
  ['error', 'Errors only'],
]
const near_px = 24

/** What agents said while they worked, as it comes; of one run where one is named. Their words are shown as plain text. */
export function TaskLog({ task_id, run_id }: { readonly task_id: string; readonly run_id?: string }) {
  const log = useTaskLog(task_id)
  const [least, setLeast] = useState<Level>('debug')
  const [follows, setFollows] = useState(true)
  const box = useRef<HTMLOListElement>(null)
  const visibleLines = log.lines.filter(
    (line) =>
      (run_id === undefined || line.run_id === run_id) && logLevels.indexOf(line.level) >= logLevels.indexOf(least),
  )
  const newest = visibleLines.at(-1)?.id
  useLayoutEffect(() => {
    if (follows && newest !== undefined) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [follows, newest])
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Select
          aria-label="Log level"
          value={least}
          options={levelNames}
          className="max-w-48"
          onChange={({ target }) => setLeast(logLevels.find((level) => level === target.value) ?? 'debug')}
        />
        <Button
          small
          aria-pressed={follows}
          icon={follows ? <Pause aria-hidden size={13} /> : <ArrowDownToLine aria-hidden size={13} />}
          onClick={() => setFollows(!follows)}
        >
          {follows ? 'Pause' : 'Follow'}
        </Button>
        <span role="status" className="text-[0.93rem] text-soft">
          {{ open: 'Live', lost: 'Connection lost. Reconnecting…', ended: 'Complete' }[log.status]}
        </span>
      </div>
      {log.error !== null ? (
        <Failed compact error={log.error} />
      ) : visibleLines.length === 0 ? (
        <Empty title={log.lines.length > 0 && run_id === undefined ? 'No entries at this level' : 'No log entries'}>
          {log.status === 'ended'
            ? 'The agent wrote no log entries.'
            : 'Log entries appear here while the agent works.'}
        </Empty>
      ) : (
        <ol
          ref={box}
          tabIndex={0}
          aria-label="Log"
          className="max-h-[28rem] overflow-auto rounded-md bg-sunken p-2 font-mono text-[0.86rem] leading-relaxed"
          onScroll={({ currentTarget: at }) => {
            if (at.scrollHeight - at.scrollTop - at.clientHeight > near_px && follows) setFollows(false)
          }}
        >
          {log.cut && <li className="text-faint">Older entries are not shown.</li>}
          {visibleLines.map(({ id, at, level, text }) => (
            <li key={id} className="flex flex-wrap gap-x-2">
              <span className="text-faint">
                <Clock at={at} />
              </span>
              <span className={cx('w-10', tones[level])}>{level}</span>
              <span className="min-w-0 flex-1 basis-48 whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}
