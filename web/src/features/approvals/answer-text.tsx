import type { ComponentProps } from 'react'
import { TextArea } from '../../ui/field.tsx'

type AnswerTextProps = Omit<ComponentProps<typeof TextArea>, 'onChange' | 'onKeyDown' | 'autoFocus'> & {
  readonly onText: (text: string) => void
  /** Control or Command with Enter was pressed. */
  readonly onGive: () => void
}

/** The text of an answer, which can be given without leaving it. */
export function AnswerText({ onText, onGive, ...rest }: AnswerTextProps) {
  return (
    <TextArea
      {...rest}
      autoFocus
      onChange={({ target }) => onText(target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onGive()
      }}
    />
  )
}
