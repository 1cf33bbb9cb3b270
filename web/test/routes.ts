import type { Page, Request } from 'playwright-core'
import type { Full } from './full.ts'

/** A screen by its name and its address. */
export type Screen = readonly [name: string, path: string]

/** Every route, where there is nothing yet. */
export const emptyScreens: readonly Screen[] = [
  ['fleet', '/'],
  ['goals', '/goals'],
  ['goal-new', '/goals/new'],
  ['goal-absent', '/goals/01a1f913-2978-7000-b56e-075bc9a2ee1d'],
  ['approvals', '/approvals'],
  ['state', '/state'],
  ['artifacts', '/artifacts'],
  ['agents', '/agents'],
  ['agent-absent', '/agents/nobody'],
  ['models', '/models'],
  ['models-providers', '/models?tab=providers'],
  ['models-calls', '/models?tab=calls'],
  ['model-absent', '/models/nobody'],
  ['journal', '/journal'],
  ['settings-policy', '/settings?tab=policy'],
  ['costs', '/costs'],
  ['costs-budgets', '/costs?tab=budgets'],
  ['costs-accounts', '/costs?tab=accounts'],
  ['settings-judge', '/settings?tab=judge'],
  ['settings-keys', '/settings?tab=keys'],
  ['settings-health', '/settings?tab=health'],
  ['settings-projects', '/settings?tab=projects'],
  ['no-such-page', '/nowhere'],
]

/** Every route with one of each of what it can show. */
export function fullScreens(full: Full): readonly Screen[] {
  const { project_id, big_goal_id, hostile_goal_id, hostile_task_id, run_id, agent_id, artifact_ids } = full
  const [approval_id = ''] = full.approval_ids
  const inProject = `project=${project_id}`
  return [
    ['fleet', '/'],
    ['fleet-project', `/?${inProject}`],
    ['goals', '/goals'],
    ['goals-filtered', '/goals?status=failed,cancelled&sort=title'],
    ['goal-new-model', `/goals/new?by=model&${inProject}`],
    ['goal-new-playbook', `/goals/new?by=playbook&${inProject}`],
    ['goal-graph', `/goals/${big_goal_id}?view=graph`],
    ['goal-table', `/goals/${big_goal_id}?view=table`],
    ['goal-task', `/goals/${hostile_goal_id}?task=${hostile_task_id}&view=table`],
    ['goal-plans', `/goals/${big_goal_id}/plans`],
    ['run', `/runs/${run_id}`],
    ['approvals', '/approvals'],
    ['approval', `/approvals?item=${approval_id}`],
    ['approval-diff', `/approvals?item=${full.diff_approval_id}`],
    ['approvals-decided', '/approvals?status=applied'],
    ['state', `/state?${inProject}`],
    ['document', `/state?document=answers%2Fmill-lane&${inProject}`],
    ['document-diff', `/state?document=answers%2Fmill-lane&tab=diff&${inProject}`],
    ['artifacts', `/artifacts?${inProject}`],
    ['artifact-markdown', `/artifacts?${inProject}&artifact=${artifact_ids.markdown}`],
    ['artifact-json', `/artifacts?${inProject}&artifact=${artifact_ids.json}`],
    ['artifact-picture', `/artifacts?${inProject}&artifact=${artifact_ids.svg}`],
    ['artifact-pdf', `/artifacts?${inProject}&artifact=${artifact_ids.pdf}`],
    ['artifact-text', `/artifacts?${inProject}&artifact=${artifact_ids.text}`],
    ['artifact-binary', `/artifacts?${inProject}&artifact=${artifact_ids.binary}`],
    ['agents', '/agents'],
    ['agent', `/agents/${agent_id}`],
    ['agent-persona', `/agents/${full.model_agent_id}?persona=1`],
    ['models', '/models'],
    ['models-providers', '/models?tab=providers'],
    ['models-calls', '/models?tab=calls'],
    ['models-call', `/models?tab=calls&call=${full.call_id}`],
    ['model', `/models/${full.model_name}`],
    ['model-version', `/models/${full.model_name}?version=1`],
    ['journal', '/journal'],
    ['journal-event', `/journal?type=approval.opened&follow=no&event=${full.event_number}`],
    ['settings-policy', `/settings?tab=policy&${inProject}`],
    ['costs', '/costs'],
    ['costs-filtered', `/costs?days=7&${inProject}`],
    ['costs-budgets', '/costs?tab=budgets'],
    ['costs-accounts', '/costs?tab=accounts'],
    ['settings-judge', '/settings?tab=judge'],
    ['settings-keys', '/settings?tab=keys'],
    ['settings-health', '/settings?tab=health'],
    ['settings-projects', '/settings?tab=projects'],
  ]
}

const onTheWay = new WeakMap<Page, Set<Request>>()

/** Requests that have no answer yet; streams never end, so they do not count. */
function requestsOf(page: Page): Set<Request> {
  const known = onTheWay.get(page)
  if (known !== undefined) return known
  const requests = new Set<Request>()
  onTheWay.set(page, requests)
  page.on('request', (request) => {
    if (!/\/stream(\?|$)/.test(request.url())) requests.add(request)
  })
  page.on('requestfinished', (request) => requests.delete(request))
  page.on('requestfailed', (request) => requests.delete(request))
  return requests
}

/** Waits until everything on the page has arrived: files, answers, fonts, and what is drawn of them. */
export async function settle(page: Page): Promise<void> {
  const requests = requestsOf(page)
  await page.locator('main').first().waitFor()
  for (let quiet = 0; quiet < 3; ) {
    await page.evaluate(
      'document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30))))',
    )
    const loading = await page.locator('[role=status][aria-label=Loading]').count()
    quiet = requests.size === 0 && loading === 0 ? quiet + 1 : 0
  }
}

/** Goes to another screen without loading the page anew, as a link does. */
export async function goTo(page: Page, path: string): Promise<void> {
  requestsOf(page)
  await page.evaluate(`history.pushState({}, '', ${JSON.stringify(path)})`)
  await settle(page)
}
