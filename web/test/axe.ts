import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

export interface Finding {
  readonly rule: string
  readonly nodes: readonly string[]
}

/** The rules whose answer depends on the theme. */
export const colourRules = ['color-contrast', 'link-in-text-block'] as const

/** What axe finds on the page as it stands: against WCAG, and against its own notion of good practice; or by these rules alone. */
export async function findings(
  page: Page,
  rules?: readonly string[],
): Promise<{ readonly wcag: readonly Finding[]; readonly practice: readonly Finding[] }> {
  // Evaluated through the debugger, so that the page's policy has no say and the page is as it ships.
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(source)
  await animationsEnd(page)
  const runOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: [...wcag, 'best-practice'] }
  const results = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'], rules: { 'label-content-name-mismatch': { enabled: true } } })`,
  )) as AxeResults
  const found = results.violations.map(({ id, tags, nodes }) => ({
    isWcag: tags.some((tag) => wcag.includes(tag)),
    rule: id,
    nodes: nodes
      .slice(0, 4)
      .map(
        ({ html, failureSummary = '' }) =>
          `${html.slice(0, 200)} — ${failureSummary.split('\n').slice(1, 2).join().trim()}`,
      ),
  }))
  const only = (isWcag: boolean) =>
    found.filter((one) => one.isWcag === isWcag).map(({ rule, nodes }): Finding => ({ rule, nodes }))
  return { wcag: only(true), practice: only(false) }
}

/** Colours on their way have no contrast of their own. What never ends, such as a sign of waiting, is left alone. */
async function animationsEnd(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter(({ effect }) => Number.isFinite(Number(effect?.getComputedTiming().endTime)))
    await Promise.allSettled(ending.map(({ finished }) => finished))
  })
}

/** That axe finds nothing on the page as it stands, in either theme. */
export async function hasNothingToMend(page: Page): Promise<void> {
  for (const theme of ['light', 'dark']) {
    await page.evaluate((name) => {
      document.documentElement.dataset.theme = name
    }, theme)
    expect(await findings(page)).toEqual({ wcag: [], practice: [] })
  }
}
