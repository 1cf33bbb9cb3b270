import { type LayoutInput, layOut } from './layout.ts'

// Beside the page, so that a large graph never keeps it from answering.
addEventListener('message', ({ data }: MessageEvent<LayoutInput>) => postMessage(layOut(data)))
