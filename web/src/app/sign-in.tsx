import { openSession } from '@muster/contract/identity/operations'
import type { MusterError } from '@muster/sdk/errors'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../api/client.ts'
import { sessionQuery } from '../providers/session-query.ts'
import { Button } from '../ui/button.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import mark from './mark.svg'

/** Takes the key once; from then on a cookie that no script can read carries it. */
export function SignIn({ reason }: { readonly reason?: string | undefined }) {
  const queries = useQueryClient()
  const [key, setKey] = useState('')
  const open = useMutation<unknown, MusterError>({
    mutationFn: () => client.call(openSession, { body: { key: key.trim() } }),
    onSuccess: () => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] })
      return queries.resetQueries({ queryKey: sessionQuery.queryKey })
    },
  })
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form
        className="flex w-full max-w-md flex-col gap-5 rounded-xl border border-line bg-surface p-6 shadow-raised sm:p-8"
        onSubmit={(event) => {
          event.preventDefault()
          if (key.trim() !== '') open.mutate()
        }}
      >
        <div className="flex items-center gap-3">
          <img src={mark} alt="" width={36} height={36} />
          <div>
            <h1 className="text-[1.3rem] font-semibold leading-tight">Muster</h1>
            <p className="text-soft">Control plane for AI agents</p>
          </div>
        </div>
        {reason !== undefined && <p className="rounded-md bg-warn-soft p-2.5">{reason}</p>}
        <Field
          label="API key"
          hint={
            <>
              The first key was shown when Muster first started. It is saved as{' '}
              <code className="font-mono">first-key</code> in the server’s data directory; on the server,{' '}
              <code className="font-mono">npx muster doctor</code> shows the path. To create another key, run{' '}
              <code className="font-mono">npx muster keys create NAME</code>.
            </>
          }
          error={open.error?.message}
        >
          <TextInput
            type="password"
            autoComplete="current-password"
            autoFocus
            spellCheck={false}
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </Field>
        <Button
          type="submit"
          variant="primary"
          busy={open.isPending}
          disabledReason={key.trim() === '' && 'Enter an API key'}
        >
          Sign in
        </Button>
      </form>
    </main>
  )
}
