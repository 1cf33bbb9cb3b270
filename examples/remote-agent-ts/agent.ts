import { getArtifactContent } from '@muster/contract/artifacts/operations'
import { createClient } from '@muster/sdk/client'
import { type Handler, HandlerError, runAgent } from '@muster/sdk/remote-agent'
import { countWords } from './count-words.ts'

// A remote agent with one capability, `count_words`: it counts the words of a text in its input and of every artifact in
// its brief. The helper does the rest: claims, heartbeats, cancellation, giving leases back at Ctrl-C.

const { MUSTER_URL = 'http://127.0.0.1:7700', MUSTER_KEY, MUSTER_AGENT = 'counter' } = process.env
if (!MUSTER_KEY)
  throw new Error('Set MUSTER_KEY to the key of this agent: npx muster keys create counter --agent counter')

const countEverything: Handler = async (brief, { client, signal, log, progress }) => {
  const input = brief.input
  const text = typeof input === 'object' && input !== null && 'text' in input ? input.text : ''
  if (typeof text !== 'string') {
    // No other try would find a text here, so it says that it need not be tried again.
    throw new HandlerError('bad_input', 'input.text is not a string', { retryable: false })
  }
  const sources: { name: string; words: number }[] = []
  for (const [index, { artifact_id, name }] of brief.artifacts.entries()) {
    const file = await client.download(getArtifactContent, { params: { id: artifact_id }, signal })
    sources.push({ name, words: countWords(await new Response(file.content).text()) })
    log('info', `counted ${name}`)
    progress((index + 1) / brief.artifacts.length)
  }
  const words = countWords(text) + sources.reduce((sum, source) => sum + source.words, 0)
  return { output: { words, sources } }
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
process.once('SIGTERM', () => stop.abort())

await runAgent({
  client: createClient({ base_url: MUSTER_URL, key: MUSTER_KEY }),
  agent_id: MUSTER_AGENT,
  handlers: { count_words: countEverything },
  concurrency: 4,
  signal: stop.signal,
  onNotice: (notice) => console.log(JSON.stringify(notice)),
})
