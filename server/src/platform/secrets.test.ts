import { expect, it } from 'vitest'
import { createSecretBox, isSecretKey, newSecretKey } from './secrets.ts'

const key = newSecretKey()
const box = createSecretBox(key)

it('opens what it sealed, in its place, and never seals alike', () => {
  const [one, other] = [box.seal('sk-secret-ü', 'a'), box.seal('sk-secret-ü', 'a')]
  expect(one).not.toBe(other)
  expect(one).not.toContain('secret')
  expect(box.open(one, 'a')).toBe('sk-secret-ü')
  expect(createSecretBox(key).open(other, 'a')).toBe('sk-secret-ü')
})

it('opens nothing from another place, by another key, or changed by a bit', () => {
  const sealed = box.seal('sk-secret', 'a')
  expect(box.open(sealed, 'b')).toBeUndefined()
  expect(createSecretBox(newSecretKey()).open(sealed, 'a')).toBeUndefined()
  const bytes = Buffer.from(sealed.slice(3), 'base64')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(box.open(`v1.${changed.toString('base64')}`, 'a')).toBeUndefined()
  }
  for (const none of ['', 'v1.', 'v2.AAAA', 'nonsense']) expect(box.open(none, 'a')).toBeUndefined()
})

it('tells keys from other texts', () => {
  expect(isSecretKey(key)).toBe(true)
  for (const none of ['', 'a', key.slice(1), `${key}=`, `${key}\n`, 'passwordpasswordpasswordpasswordpassword123']) {
    expect(isSecretKey(none)).toBe(false)
  }
})
