import { GlobalWorkerOptions, getDocument, type PDFDocumentProxy } from 'pdfjs-dist'
import worker from 'pdfjs-dist/build/pdf.worker.min.mjs?url'
import { useEffect, useRef, useState } from 'react'
import { plural } from '../../ui/format.ts'
import { Loading } from '../../ui/states.tsx'

GlobalWorkerOptions.workerSrc = worker

const pages_max = 20

/** The pages of a PDF as pictures: drawn, so that no link, form or script of it can act. */
export function PdfPages({ blob }: { readonly blob: Blob }) {
  const [pdf, setPdf] = useState<PDFDocumentProxy | string>()
  useEffect(() => {
    let loadingTask: ReturnType<typeof getDocument> | undefined
    void blob.arrayBuffer().then((data) => {
      loadingTask = getDocument({ data, isEvalSupported: false, enableXfa: false, disableFontFace: true })
      loadingTask.promise.then(setPdf, (error: Error) => setPdf(error.message))
    })
    return () => void loadingTask?.destroy()
  }, [blob])
  if (pdf === undefined) return <Loading />
  if (typeof pdf === 'string')
    return <p className="rounded-md bg-sunken p-3 text-soft">Cannot display this PDF: {pdf}</p>
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label={`PDF of ${plural(pdf.numPages, 'page')}`}
      className="flex max-h-[32rem] flex-col gap-2 overflow-y-auto rounded-md bg-sunken p-2"
    >
      {Array.from({ length: Math.min(pages_max, pdf.numPages) }, (_, at) => (
        <Page key={at} pdf={pdf} number={at + 1} />
      ))}
      {pdf.numPages > pages_max && <p className="text-soft">and {plural(pdf.numPages - pages_max, 'more page')}</p>}
    </div>
  )
}

function Page({ pdf, number }: { readonly pdf: PDFDocumentProxy; readonly number: number }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    let isUnmounted = false
    void pdf.getPage(number).then((page) => {
      const { current } = canvas
      if (isUnmounted || current === null) return
      const viewport = page.getViewport({ scale: 1.4 })
      current.width = viewport.width
      current.height = viewport.height
      void page.render({ canvas: current, viewport }).promise.catch(() => undefined)
    })
    return () => {
      isUnmounted = true
    }
  }, [pdf, number])
  return <canvas ref={canvas} role="img" aria-label={`Page ${number}`} className="w-full rounded bg-white" />
}
