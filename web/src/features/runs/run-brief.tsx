import type { RunDetail } from '@muster/contract/worker/run-details'
import { Link } from '@tanstack/react-router'
import { Content } from '../../components/content.tsx'
import { bytes, words } from '../../ui/format.ts'
import { Status } from '../../ui/status.tsx'
import { JsonView } from '../../ui/text/json-view.tsx'
import { Ago } from '../../ui/time.tsx'

const linked = 'text-accent underline-offset-2 [overflow-wrap:anywhere] hover:underline'

/** Exactly what the run was told. */
export function RunBrief({ run: { brief } }: { readonly run: RunDetail }) {
  const { input, documents, artifacts, feedback, output_schema, complete } = brief
  return (
    <div className="flex flex-col gap-5 p-4">
      {!complete && <p className="rounded-md bg-warn-soft px-3 py-2">Part of this brief was deleted.</p>}
      {feedback.length > 0 && (
        <Part title="Previous feedback">
          <ul className="flex flex-col gap-2">
            {feedback.map(({ from, at, text, violations }, place) => (
              <li key={place} className="border-l-2 border-warn pl-3">
                <p className="text-soft">
                  {words(from)}, <Ago at={at} />
                </p>
                <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</p>
                {violations.map(({ rule, severity, message }) => (
                  <p key={rule} className="mt-1 flex flex-wrap items-center gap-2">
                    <Status state={severity} /> {words(rule)} <span className="text-soft">{message}</span>
                  </p>
                ))}
              </li>
            ))}
          </ul>
        </Part>
      )}
      <Part title="Input">
        <Content value={input} label="Input" />
      </Part>
      {artifacts.length > 0 && (
        <Part title="Artifacts">
          <ul className="flex flex-col gap-1">
            {artifacts.map(({ artifact_id, name, media_type, size_bytes }) => (
              <li key={artifact_id} className="flex flex-wrap gap-x-3">
                <Link to="/artifacts" search={{ artifact: artifact_id }} className={linked}>
                  {name}
                </Link>
                <span className="text-soft">
                  {media_type}, {bytes(size_bytes)}
                </span>
              </li>
            ))}
          </ul>
        </Part>
      )}
      {documents.length > 0 && (
        <Part title="Documents">
          <ul className="flex flex-col gap-2">
            {documents.map(({ document, scope, version, may_move, value }) => (
              <li key={`${scope} ${document}`}>
                <details>
                  <summary className="min-h-[24px] cursor-pointer">
                    <code className="font-mono text-[0.93rem] [overflow-wrap:anywhere]">{document}</code>{' '}
                    <span className="text-soft">
                      {version === 0 ? 'absent' : `v${version}`}
                      {may_move === true && ', can change'}
                    </span>
                  </summary>
                  <div className="mt-1">
                    {value === undefined ? (
                      <p className="text-soft">Value not shown</p>
                    ) : (
                      <JsonView value={value} label={document} />
                    )}
                  </div>
                </details>
              </li>
            ))}
          </ul>
        </Part>
      )}
      {output_schema !== undefined && (
        <Part title="Output schema">
          <JsonView value={output_schema} label="Output schema" />
        </Part>
      )}
    </div>
  )
}

function Part({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <section>
      <h3 className="mb-1.5 font-medium">{title}</h3>
      {children}
    </section>
  )
}
