import { Ident } from '../../ui/ident.tsx'

/** What fixes it: a command as such, to be copied, with the words before it; anything else as words. */
export function Remedy({ text }: { readonly text: string }) {
  const [, words, command] = /^(.*: )?((?:npx |muster ).+)$/s.exec(text) ?? []
  if (command === undefined) return text
  return (
    <>
      {words}
      <code className="font-mono [overflow-wrap:anywhere]">{command}</code>{' '}
      <Ident id={command} label="Copy" name="Copy command" className="text-soft" />
    </>
  )
}
