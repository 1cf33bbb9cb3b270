// What the tests run as an agent's command line: each act is one way in which a program behaves, or does not.
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'

const [act, ...words] = process.argv.slice(2)
const say = (text) => process.stdout.write(`${text}\n`)
const stay = () => setInterval(() => {}, 60_000)

/** Tells the test that this process lives; the connection ends when it does. */
function report(port) {
  const socket = connect(Number(port), '127.0.0.1', () => socket.write(`${process.pid}\n`, stay))
  socket.on('error', () => process.exit(9))
  return socket
}

function attempt(what) {
  try {
    return { ok: true, value: what() }
  } catch (error) {
    return { ok: false, value: error.code }
  }
}

/** A shell that puts itself into a session of its own twice over, and then this program again. */
function detach(args, { keepMark = true } = {}) {
  const again = [process.execPath, process.argv[1], ...args]
  const clean = keepMark ? [] : ['env', '-i', `PATH=${process.env.PATH}`]
  const script = 'cd /; setsid "$@" </dev/null & exit 0'
  spawnSync('/bin/sh', ['-c', 'setsid /bin/sh -c "$0" sh "$@" &', script, ...clean, ...again], { stdio: 'inherit' })
}

const acts = {
  answer() {
    const told = readFileSync(0, 'utf8')
    writeFileSync('made.txt', 'made\n')
    say(`told: ${told.trim()}`)
  },
  told(words) {
    const [first = ''] = words
    const home = readFileSync(`${process.env.HOME}/.settings/agent.json`, 'utf8')
    say(
      JSON.stringify({
        words,
        file: attempt(() => readFileSync(first, 'utf8')).value,
        home,
        input: readFileSync(0, 'utf8'),
      }),
    )
  },
  environment: () => say(JSON.stringify(process.env)),
  hang: ([port]) => report(port),
  hush([port]) {
    say('one word')
    report(port)
  },
  stubborn([port]) {
    process.on('SIGTERM', () => say('asked to end'))
    report(port)
  },
  gentle([port]) {
    process.on('SIGTERM', () => {
      say('asked to end')
      process.exit(0)
    })
    report(port)
  },
  leave([port]) {
    detach(['hang', port])
    // Once the test has heard of both, it says so.
    report(port).once('data', () => process.stdout.write('done\n', () => process.exit()))
  },
  escape([port]) {
    detach(['hang', port], { keepMark: false })
    report(port)
  },
  herd([port, count]) {
    for (let left = Number(count); left > 0; left--)
      spawn(process.execPath, [process.argv[1], 'hang', port], { detached: left % 2 === 0, stdio: 'inherit' })
    report(port)
  },
  bomb() {
    say('lit')
    spawn('/bin/sh', ['-c', 'b() { b | b & }; b'], { stdio: 'inherit', detached: true })
    stay()
  },
  flood() {
    const chunk = `${'x'.repeat(1023)}\n`.repeat(64)
    const pour = () => {
      while (process.stdout.write(chunk));
      process.stdout.once('drain', pour)
    }
    pour()
  },
  drizzle() {
    const chunk = 'y\n'.repeat(32_768)
    const pour = () => {
      while (process.stdout.write(chunk));
      process.stdout.once('drain', pour)
    }
    pour()
  },
  silent() {},
  fail([code]) {
    process.stderr.write('something went wrong\n')
    process.exitCode = Number(code)
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
  garble() {
    process.stdout.write(
      Buffer.concat([
        Buffer.from('\u001b[31mred\u001b[0m '),
        Buffer.from([0xff, 0xfe, 0x00, 0x07]),
        Buffer.from(' end\r\n'),
      ]),
    )
  },
  deaf: () => say('never read a word'),
  tell([name]) {
    const key = process.env[name]
    say(`the key is ${key}`)
    process.stderr.write(`again ${key}\n`)
    writeFileSync('key.txt', `${key}\n`)
  },
  peek([data, home]) {
    const others = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => attempt(() => readFileSync(`/proc/${pid}/environ`, 'utf8')))
      .filter(({ ok, value }) => ok && value !== '' && !value.includes(`MUSTER_RUN_ID=${process.env.MUSTER_RUN_ID}`))
    const found = {
      environment: JSON.stringify(process.env).includes('planted'),
      others: others.length > 0,
      data: attempt(() => readFileSync(`${data}/secret.key`, 'utf8')).ok,
      home: attempt(() => readdirSync(home)).ok,
      own_home: readdirSync(process.env.HOME),
    }
    say(JSON.stringify(found))
  },
  trespass(places) {
    const tried = places.map((place) => attempt(() => writeFileSync(place, 'trespassed')).ok)
    say(JSON.stringify(tried))
  },
  link([target]) {
    symlinkSync(target, 'leak')
    symlinkSync('/etc', 'folder')
    spawnSync('mkfifo', ['pipe'])
    writeFileSync('real.txt', 'real\n')
    const { OUTPUT } = process.env
    if (OUTPUT) symlinkSync(target, OUTPUT)
    say('linked')
  },
  put([text]) {
    writeFileSync(process.env.OUTPUT, text)
  },
  mess() {
    let path = '.'
    for (let depth = 0; depth < 200; depth++) {
      path = `${path}/${'d'.repeat(200)}`
      mkdirSync(path.slice(0, 4000) === path ? path : '.', { recursive: true })
      process.chdir(path)
      path = '.'
    }
    process.chdir(process.env.PWD)
    mkdirSync('locked/inner', { recursive: true })
    writeFileSync('locked/inner/file', 'x')
    chmodSync('locked/inner', 0o000)
    chmodSync('locked', 0o000)
    say('made a mess')
  },
  edit([witness]) {
    writeFileSync('kept.txt', 'changed\n')
    rmSync('gone.txt')
    writeFileSync('fresh.txt', 'fresh\n')
    writeFileSync('.gitattributes', '* filter=evil\n')
    // The work tree's own pointer is replaced by a repository whose settings run programs.
    renameSync('.git', 'old-git')
    mkdirSync('.git')
    const settings = `[core]\n\tfsmonitor = touch ${witness}; false\n[filter "evil"]\n\tclean = touch ${witness}; cat\n`
    writeFileSync('.git/config', settings)
    writeFileSync('.git/HEAD', 'ref: refs/heads/x\n')
    rmSync('old-git')
    say('edited')
  },
  git() {
    const { stdout, status } = spawnSync('git', ['status', '--short', '--branch'], { encoding: 'utf8' })
    say(`${status} ${stdout}`)
  },
  reach([port]) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('connect', () => {
      say('reached')
      socket.destroy()
    })
    socket.on('error', ({ code }) => say(`not reached: ${code}`))
  },
  rights: () => say(/^NoNewPrivs.*$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[0]),
}

acts[act](words)
