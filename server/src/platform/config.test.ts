import { describe, expect, it } from 'vitest'
import { ConfigError, isLoopback, readConfig, services } from './config.ts'

const problem = (env: Record<string, string>): string => {
  try {
    readConfig(env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  return ''
}

describe('readConfig', () => {
  it('needs nothing', () => {
    expect(readConfig({})).toEqual({
      data_dir: '.muster',
      host: '127.0.0.1',
      port: 7700,
      database_url: undefined,
      sample: true,
      services,
      worker_slots: 16,
      model_slots: 64,
      cli_slots: 2,
      cli_adapters: undefined,
      cli_runs: undefined,
      cli_repositories: [],
      cli_unconfined: false,
      cli_unmetered: false,
      gateway_url: undefined,
      environment: {},
      log_level: 'info',
      journal_signer: undefined,
      journal_days: 400,
      journal_post: undefined,
      kill_point: undefined,
      log_days: 30,
      run_days: 180,
      secret_key: undefined,
      model_addresses: [],
      attempt_days: 90,
      behind_proxy: false,
      fast: false,
    })
  })

  it('takes what is dangerous only where it is said', () => {
    expect(readConfig({ MUSTER_CLI_UNCONFINED: 'allow' }).cli_unconfined).toBe(true)
    expect(problem({ MUSTER_CLI_UNMETERED: '1' })).toContain('it must be allow or refuse')
  })

  it('reads what is set; an empty value counts as absent', () => {
    const env = {
      MUSTER_DATA_DIR: '/data',
      MUSTER_PORT: '0',
      PORT: '80',
      DATABASE_URL: 'postgres://u:p@h/d',
      MUSTER_SAMPLE: '0',
      MUSTER_SERVICES: 'worker, api',
      MUSTER_WORKER_SLOTS: '64',
      MUSTER_LOG_LEVEL: '',
      MUSTER_HOST: '0.0.0.0',
      MUSTER_BEHIND_PROXY: 'true',
    }
    expect(readConfig(env)).toMatchObject({
      data_dir: '/data',
      port: 0,
      database_url: 'postgres://u:p@h/d',
      sample: false,
      services: ['api', 'worker'],
      worker_slots: 64,
      log_level: 'info',
      host: '0.0.0.0',
      behind_proxy: true,
    })
    expect(readConfig({ PORT: '8080' }).port).toBe(8080)
  })

  it('passes over what belongs to the command line and to tests', () => {
    expect(problem({ MUSTER_KEY: 'mk_x', MUSTER_TEST_DATABASE_URL: 'x', HOME: '/root' })).toBe('')
  })

  it('names the nearest setting for one that does not exist', () => {
    expect(problem({ MUSTER_DATADIR: 'x' })).toContain('MUSTER_DATA_DIR')
    expect(problem({ MUSTER_LOGLEVEL: 'info' })).toContain('MUSTER_LOG_LEVEL')
    expect(problem({ MUSTER_SERVICES: 'api,workers', DATABASE_URL: 'postgres://h/d' })).toContain(
      'Did you mean worker?',
    )
  })

  it('refuses values that cannot be read, and never repeats what may hold a password', () => {
    expect(problem({ MUSTER_PORT: '70000' })).toContain('0 to 65535')
    expect(problem({ MUSTER_PORT: '7e3' })).toContain('MUSTER_PORT')
    expect(problem({ MUSTER_SAMPLE: 'maybe' })).toContain('1 or 0')
    expect(problem({ MUSTER_WORKER_SLOTS: '0' })).toContain('1 to 1024')
    expect(problem({ MUSTER_JOURNAL_POST: 'ftp://x' })).toContain('https://')
    for (const wrong of ['localhost', '10.0.0.0/33', '1.2.3', '::1/129', '10.0.0.0/8/8'])
      expect(problem({ MUSTER_MODEL_ADDRESSES: wrong })).toContain('must be loopback')
    expect(problem({ MUSTER_MODEL_ADDRESSES: 'loopback, 10.0.0.0/8,fd00::1' })).toBe('')
    const secret = problem({ MUSTER_SECRET_KEY: 'hunter2' })
    expect([secret.includes('32 random bytes'), secret.includes('hunter2')]).toEqual([true, false])
    const url = problem({ DATABASE_URL: 'mysql://u:hunter2@h/d' })
    expect(url).toContain('postgres://')
    expect(url).not.toContain('hunter2')
  })

  it('refuses contradictions', () => {
    expect(problem({ MUSTER_HOST: '0.0.0.0' })).toContain('--behind-proxy')
    expect(problem({ MUSTER_FAST: '1', DATABASE_URL: 'postgres://h/d' })).toContain('MUSTER_FAST')
    expect(problem({ MUSTER_SERVICES: 'api' })).toContain('DATABASE_URL')
  })
})

it('knows what only this machine reaches', () => {
  const loopback = ['localhost', '127.0.0.1', '127.8.8.8', '::1', '[::1]', '::ffff:127.0.0.1']
  const beyond = ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', 'example.org', '']
  expect(loopback.filter((host) => !isLoopback(host))).toEqual([])
  expect(beyond.filter((host) => isLoopback(host))).toEqual([])
})
