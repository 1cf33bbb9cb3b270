/** WCAG 1.4.11: what is no text and yet has to be seen stands out from every ground it stands on, by 3 to 1. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('../src/styles.css', import.meta.url), 'utf8')
const themes = { light: ':root {', dark: '[data-theme="dark"] {' } as const
/** Edges of fields, the ring of focus, pictures of states, bars and edges of the graph. */
const marks = ['line-strong', 'accent', 'good', 'warn', 'bad', 'busy', 'ask']
const grounds = ['canvas', 'surface', 'sunken', 'raised']

type Colour = readonly [lightness: number, chroma: number, hue: number]

function coloursOf(start: string): ReadonlyMap<string, Colour> {
  const block = css.slice(css.indexOf(start), css.indexOf('}', css.indexOf(start)))
  const found = [...block.matchAll(/--([\w-]+): oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)/g)]
  return new Map(found.map(([, name = '', l, c, h]) => [name, [Number(l) / 100, Number(c), Number(h)]]))
}

/** The relative luminance of WCAG, from OKLCH by the matrices of its author (Ottosson 2020). */
function luminance([lightness, chroma, hue]: Colour): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180)
  const b = chroma * Math.sin((hue * Math.PI) / 180)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const within = (value: number) => Math.min(1, Math.max(0, value))
  return (
    0.2126 * within(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) +
    0.7152 * within(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) +
    0.0722 * within(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)
  )
}

function contrast(one: Colour, other: Colour): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

describe.each(Object.entries(themes))('the %s theme', (_name, start) => {
  const colours = coloursOf(start)
  const colour = (name: string): Colour => {
    const found = colours.get(name)
    if (found === undefined) throw new Error(`styles.css has no ${name} here`)
    return found
  }

  it.each(marks)('sets %s apart from every ground', (mark) => {
    const ratios = grounds.map((ground) => [ground, contrast(colour(mark), colour(ground))] as const)
    expect(ratios.filter(([, ratio]) => ratio < 3)).toEqual([])
  })
})

it('measures as WCAG does: black on white is 21 to 1', () => {
  expect(contrast([0, 0, 0], [1, 0, 0])).toBeCloseTo(21, 0)
})
