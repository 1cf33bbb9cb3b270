/** What a page shows, as browsers build it. */
import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../../test/processor-time.ts'
import { readHtml } from './read-html.ts'

const shown = (html: string): string =>
  readHtml(html)
    .blocks.map(({ text }) => text)
    .join(' | ')

describe('elements that are not shown', () => {
  it.each([
    ['an open svg ends at a paragraph', '<p>a</p><svg><path d="M0 0"><p>b</p><p>c</p>', 'a | b | c'],
    ['an open math too', '<p>a</p><math><mrow><div>b</div>', 'a | b'],
    ['a closed svg does not show', '<p>a</p><svg><text>x</text></svg><p>b</p>', 'a | b'],
    ['nor a paragraph in its foreignObject', '<svg><foreignObject><p>x</p></foreignObject></svg>b', 'b'],
    ['an open dialog ends with what holds it', '<div><dialog><p>x</div><p>b</p>', 'b'],
    ['an open dialog shows', '<dialog open><p>a</p></dialog>b', 'a | b'],
    ['a template ends no element outside of it', '<div><template>x</div></template>b', 'b'],
    ['a self-closing tag of HTML stays open', '<div hidden/>x</div>b', 'b'],
    ['a stray end tag ends nothing', '</svg></template></dialog>a', 'a'],
    ['hidden', '<p hidden>x<p>b<div hidden><p>x</p></div>c', 'b | c'],
    ['hidden by style', '<span style="color:red; display: none">x</span>b', 'b'],
    ['hidden within formatting', '<b hidden>x<i>y</b>z</i>', 'z'],
    ['noscript', 'a<noscript><p>x</p></noscript>b', 'ab'],
    ['select and its options', '<select><option>x<option>y</select>b', 'b'],
    ['what an object holds where it has no data', '<object>a</object><object data="x.pdf">x</object>b', 'ab'],
    ['an open object with data ends with what holds it', '<table><tr><td><object data=x>x</table>b', 'b'],
    ['a row of a table ends a hidden cell', '<table><tr><td hidden>x<tr><td>b</table>', 'b'],
    ['a list item ends a hidden one', '<ul><li hidden>x<li>b</ul>', 'b'],
  ])('%s', (_what, html, text) => {
    expect(shown(html)).toBe(text)
  })
})

it('has the title of the page, not those of pictures', () => {
  const page = '<title>Opening hours</title><svg><title>Close menu</title></svg><title>Second</title><p>Nine.</p>'
  expect(readHtml(page)).toMatchObject({ title: 'Opening hours' })
  expect(shown(page)).toBe('Nine.')
})

it.each([
  `${'<p>'.repeat(100_000)}x`,
  `<p><object>${'<b>'.repeat(50_000)}${'</p>'.repeat(50_000)}`,
  '<table><tr><td>'.repeat(50_000),
  '<svg><foreignObject>'.repeat(50_000),
])('is read in time that grows with its length only', (html) => {
  const started = processorMs()
  readHtml(html)
  expect(processorMs() - started).toBeLessThan(20_000)
})
