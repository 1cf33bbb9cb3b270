import type { DocumentEntry } from '@muster/contract/state/documents'
import { listDocuments } from '@muster/contract/state/operations'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { FileStack } from 'lucide-react'
import { More, useMore } from '../../components/lists/pages.tsx'
import { OfProject } from '../../components/of-project.tsx'
import { cx } from '../../ui/cx.ts'
import { TextInput } from '../../ui/field.tsx'
import { bytes } from '../../ui/format.ts'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty, Failed, Loading } from '../../ui/states.tsx'
import { Ago } from '../../ui/time.tsx'
import { DocumentView } from './document-view.tsx'

/** The versioned documents of a project: what they hold, how they came to, and who committed what. */
export function StatePage() {
  const search = useSearch({ from: '/state' })
  return (
    <>
      <div className={search.document === undefined ? '' : 'max-lg:hidden'}>
        <PageHead title="State" facts="Approved results, with history" />
      </div>
      <OfProject what="State">
        {(project) => (
          <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(16rem,24rem)_minmax(0,1fr)]">
            <div className={search.document === undefined ? '' : 'max-lg:hidden'}>
              <Documents project_id={project.id} title={project.name} />
            </div>
            {search.document === undefined ? (
              <div className="rounded-lg border border-dashed border-line max-lg:hidden">
                <Empty title="No document selected" icon={<FileStack aria-hidden size={28} strokeWidth={1.5} />}>
                  Select a document to see its value, versions and diffs.
                </Empty>
              </div>
            ) : (
              <DocumentView key={search.document} project_id={project.id} document={search.document} />
            )}
          </div>
        )}
      </OfProject>
    </>
  )
}

function Documents({ project_id, title }: { readonly project_id: string; readonly title: string }) {
  const { prefix, document } = useSearch({ from: '/state' })
  const navigate = useNavigate({ from: '/state' })
  const documents = useMore<DocumentEntry>(listDocuments, {
    params: { id: project_id },
    query: prefix ? { prefix } : {},
  })
  return (
    <Panel title={title} flush>
      <div className="border-b border-line p-2">
        <TextInput
          type="search"
          aria-label="Search documents"
          placeholder="Search documents"
          defaultValue={prefix ?? ''}
          onChange={({ target }) =>
            void navigate({
              to: '/state',
              search: (before) => ({ ...before, prefix: target.value || undefined }),
              replace: true,
            })
          }
        />
      </div>
      {documents.isPending ? (
        <Loading />
      ) : documents.error !== null && documents.items.length === 0 ? (
        <Failed error={documents.error} onRetry={() => void documents.refetch()} />
      ) : documents.items.length === 0 ? (
        <Empty title={prefix ? 'No matching documents' : 'No documents yet'}>
          {prefix ? 'Try a shorter prefix.' : 'Accepted results appear here.'}
        </Empty>
      ) : (
        <ul className="max-h-[calc(100dvh-15rem)] divide-y divide-line overflow-y-auto" aria-label="Documents">
          {documents.items.map((entry) => (
            <li key={entry.document} className={cx(entry.document === document && 'bg-accent-soft')}>
              <Link
                from="/state"
                to="/state"
                search={(before) => ({ ...before, document: entry.document, version: undefined, against: undefined })}
                aria-current={entry.document === document ? 'true' : undefined}
                className="flex flex-col px-4 py-2 outline-offset-[-2px] hover:bg-sunken"
              >
                <span className="font-mono text-[0.93rem] [overflow-wrap:anywhere]">{shortKey(entry.document)}</span>
                <span className="text-[0.86rem] text-soft">
                  v{entry.version}, {bytes(entry.size_bytes)}, <Ago at={entry.committed_at} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      <More of={documents} />
    </Panel>
  )
}

/** A key with the ids inside it shortened to their last eight characters. */
function shortKey(document: string): string {
  return document.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}([0-9a-f]{8})/g, '…$1')
}
