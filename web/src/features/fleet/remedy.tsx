import { Ident } from '../../ui/ident.tsx'

/** What mends it: a command as such, to be copied; anything else as words. */
export function Remedy({ text }: { readonly text: string }) {
  if (!/^(npx |muster )/.test(text)) return text
  return (
    <>
      <code className="font-mono [overflow-wrap:anywhere]">{text}</code>{' '}
      <Ident id={text} label="Copy" name="Copy command" className="text-soft" />
    </>
  )
}
