import type { Artifact } from '@muster/contract/artifacts/artifacts'
import { getArtifactContent } from '@muster/contract/artifacts/operations'
import { type ReadText, readText, type TextResult } from '@muster/contract/texts/encodings'
import { cutText } from '@muster/contract/texts/graphemes'
import type { MusterError } from '@muster/sdk/errors'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { client } from '../../api/client.ts'
import { bytes } from '../../ui/format.ts'
import { Loading, QueryBoundary } from '../../ui/states.tsx'
import { JsonView } from '../../ui/text/json-view.tsx'

const Markdown = lazy(async () => ({ default: (await import('../../ui/text/markdown.tsx')).Markdown }))
const PdfPages = lazy(async () => ({ default: (await import('./pdf-pages.tsx')).PdfPages }))

const preview_bytes_max = 16_000_000

type Kind = 'markdown' | 'json' | 'picture' | 'pdf' | 'text' | 'none'

/** How a file can be shown without letting anything in it act. HTML and the like are shown as their text. */
function kindOf({ media_type, name }: Pick<Artifact, 'media_type' | 'name'>): Kind {
  const type = media_type.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'text/markdown' || /\.(md|markdown)$/i.test(name)) return 'markdown'
  if (type === 'application/json' || type.endsWith('+json')) return 'json'
  // As the source of an img element an SVG runs no script and asks no other host.
  if (/^image\/(png|jpeg|gif|webp|avif|svg\+xml|bmp)$/.test(type)) return 'picture'
  if (type === 'application/pdf') return 'pdf'
  if (
    type.startsWith('text/') ||
    /^application\/(xml|yaml|x-yaml|javascript|toml|sql)$/.test(type) ||
    type.endsWith('+xml')
  )
    return 'text'
  return 'none'
}

/** A look at the content, inert whatever it holds. */
export function Preview({ artifact }: { readonly artifact: Artifact }) {
  const kind = kindOf(artifact)
  const tooLarge = artifact.size_bytes > preview_bytes_max
  const content = useQuery<Blob, MusterError>({
    queryKey: ['artifact content', artifact.sha256],
    enabled: kind !== 'none' && !tooLarge,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const { content: stream } = await client.download(getArtifactContent, { params: { id: artifact.id }, signal })
      return new Response(stream).blob()
    },
  })
  if (kind === 'none')
    return (
      <p className="rounded-md bg-sunken p-3 text-soft">
        No preview for {artifact.media_type}. Download the file to view it.
      </p>
    )
  if (tooLarge)
    return (
      <p className="rounded-md bg-sunken p-3 text-soft">
        {bytes(artifact.size_bytes)} is too large to preview. Download the file to view it.
      </p>
    )
  return (
    <QueryBoundary of={content}>
      {(blob) => (
        <Suspense fallback={<Loading />}>
          {kind === 'picture' ? (
            <Picture blob={new Blob([blob], { type: artifact.media_type })} name={artifact.name} />
          ) : kind === 'pdf' ? (
            <PdfPages blob={blob} />
          ) : (
            <TextOf blob={blob} kind={kind} artifact={artifact} />
          )}
        </Suspense>
      )}
    </QueryBoundary>
  )
}

function Picture({ blob, name }: { readonly blob: Blob; readonly name: string }) {
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    const objectUrl = URL.createObjectURL(blob)
    setAddress(objectUrl)
    return () => URL.revokeObjectURL(objectUrl)
  }, [blob])
  return address === undefined ? (
    <Loading />
  ) : (
    <img
      src={address}
      alt={name}
      className="max-h-96 max-w-full self-start rounded-md border border-line bg-[repeating-conic-gradient(var(--sunken)_0_25%,var(--surface)_0_50%)] bg-size-[16px_16px]"
    />
  )
}

interface TextProps {
  readonly blob: Blob
  readonly kind: 'markdown' | 'json' | 'text'
  readonly artifact: Pick<Artifact, 'media_type' | 'name'>
}

function TextOf({ blob, kind, artifact: { media_type, name } }: TextProps) {
  const [reading, setReading] = useState<TextResult>()
  useEffect(() => {
    let isUnmounted = false
    void blob.arrayBuffer().then((buffer) => {
      const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(media_type)?.[1]
      const markup = /html|xml/.test(media_type) || /\.(html?|xhtml|xml)$/i.test(name)
      if (!isUnmounted) setReading(readText(new Uint8Array(buffer), { charset, markup }))
    })
    return () => {
      isUnmounted = true
    }
  }, [blob, media_type, name])
  if (reading === undefined) return <Loading />
  if ('problem' in reading)
    return (
      <p className="rounded-md bg-sunken p-3 text-soft">
        This file has no preview: {reading.problem}. Download it to view it.
      </p>
    )
  return (
    <div className="flex flex-col gap-2">
      {reading.assumed && (
        <p className="text-soft">The file does not say its encoding. It is shown as {encodingName(reading)}.</p>
      )}
      <TextContent text={reading.text} kind={kind} />
    </div>
  )
}

const encodingName = ({ repaired }: ReadText): string =>
  repaired ? 'UTF-8, with bytes that are not UTF-8 as Windows-1252' : 'Windows-1252'

function TextContent({ text, kind }: { readonly text: string; readonly kind: TextProps['kind'] }) {
  if (kind === 'markdown')
    return (
      <div
        tabIndex={0}
        role="group"
        aria-label="Content"
        className="max-h-[32rem] overflow-y-auto rounded-md border border-line p-4"
      >
        <Markdown text={text} />
      </div>
    )
  if (kind === 'json') return <JsonView value={parseOrText(text)} />
  return (
    <pre
      tabIndex={0}
      className="max-h-[32rem] overflow-auto whitespace-pre-wrap rounded-md bg-sunken p-3 font-mono text-[0.86rem] [overflow-wrap:anywhere]"
    >
      {cutText(text, 200_000)}
    </pre>
  )
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
