import { count } from '../../ui/format.ts'

/** How far the journal is sealed, which is how far it is shown. */
export function SealedFact({ sealed_to, unsealed }: { readonly sealed_to: number; readonly unsealed: number }) {
  return (
    <span>
      Sealed up to event {count(sealed_to)}
      {unsealed > 0 && `, ${count(unsealed)} not sealed yet`}. Verify with{' '}
      <code className="font-mono">npx muster journal verify</code>.
    </span>
  )
}
