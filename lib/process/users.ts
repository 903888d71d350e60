/**
 * User names, at once or not at all: name() looks into memory and never waits.
 *
 * The passwd file is read again when it changed; it is looked at when a name is asked for, at most
 * once a second, so that an idle sensor does nothing. What passwd does not know is asked of
 * `lookup` (the other name services: LDAP, systemd, …), one at a time, off the event loop.
 */
import { readFile, stat } from 'node:fs/promises'

export type Lookup = (uid: number) => Promise<string | undefined>

const PASSWD_CHECK_MS = 1_000
const KNOWN_MS = 600_000
const UNKNOWN_MS = 60_000
const WAITING_MAX = 256
const ANSWERS_MAX = 4_096
/** No user id is negative. */
const NOBODY = -1

interface Answer {
  name: string | undefined
  /** In performance.now() time. */
  until: number
}

export class Users {
  /** Look-ups that were not made because too many were waiting. */
  dropped = 0

  readonly #path: string
  readonly #lookup: Lookup | undefined
  readonly #answers = new Map<number, Answer>()
  readonly #waiting = new Set<number>()
  #passwd: ReadonlyMap<number, string> = new Map()
  #version = ''
  #checked = Number.NEGATIVE_INFINITY
  #reading = false
  #asking = false
  #closed = false
  /** In performance.now() time, looked up once in each turn of the event loop; NaN until then. */
  #turnMs = Number.NaN
  /** Of the latest question in this turn. */
  #latestUid = NOBODY
  #latestName: string | undefined

  static async open(path = '/etc/passwd', lookup?: Lookup): Promise<Users> {
    const users = new Users(path, lookup)
    await users.#refresh()
    return users
  }

  private constructor(path: string, lookup: Lookup | undefined) {
    this.#path = path
    this.#lookup = lookup
  }

  /** The name as far as it is known now; asking makes it known later. */
  name(uid: number): string | undefined {
    if (uid !== this.#latestUid) this.#find(uid)
    return this.#latestName
  }

  close(): void {
    this.#closed = true
    this.#waiting.clear()
  }

  /** A drain asks thousands of times, mostly for the same user: the clock is looked at once. */
  #find(uid: number): void {
    if (Number.isNaN(this.#turnMs)) this.#beginTurn()
    this.#latestUid = uid
    this.#latestName =
      this.#passwd.get(uid) ?? (this.#lookup === undefined ? undefined : this.#answer(uid, this.#turnMs))
  }

  #beginTurn(): void {
    this.#turnMs = performance.now()
    queueMicrotask(this.#endTurn)
    if (this.#turnMs - this.#checked >= PASSWD_CHECK_MS) void this.#refresh()
  }

  readonly #endTurn = (): void => {
    this.#turnMs = Number.NaN
    this.#latestUid = NOBODY
  }

  async #refresh(): Promise<void> {
    if (this.#reading || this.#closed) return
    this.#reading = true
    this.#checked = performance.now()
    try {
      const { ino, size, mtimeNs, ctimeNs } = await stat(this.#path, { bigint: true })
      const version = `${ino} ${size} ${mtimeNs} ${ctimeNs}`
      if (version !== this.#version) {
        this.#passwd = parsePasswd(await readFile(this.#path, 'utf8'))
        this.#version = version
      }
    } catch {
      // While the file is being replaced, or where there is none, what is known stays.
    } finally {
      this.#reading = false
    }
  }

  #answer(uid: number, now: number): string | undefined {
    const answer = this.#answers.get(uid)
    if (answer === undefined || answer.until <= now) this.#ask(uid)
    return answer?.name
  }

  #ask(uid: number): void {
    if (this.#closed || this.#waiting.has(uid)) return
    if (this.#waiting.size >= WAITING_MAX) {
      this.dropped++
      return
    }
    this.#waiting.add(uid)
    if (!this.#asking) void this.#askAll()
  }

  async #askAll(): Promise<void> {
    this.#asking = true
    for (const uid of this.#waiting) {
      const name = await this.#lookup!(uid).catch(() => undefined)
      if (this.#closed) break
      this.#keep(uid, name)
      this.#waiting.delete(uid)
    }
    this.#asking = false
  }

  #keep(uid: number, name: string | undefined): void {
    // The oldest answer is the first key: each new one is put at the end.
    this.#answers.delete(uid)
    if (this.#answers.size >= ANSWERS_MAX) this.#answers.delete(this.#answers.keys().next().value!)
    this.#answers.set(uid, { name, until: performance.now() + (name === undefined ? UNKNOWN_MS : KNOWN_MS) })
  }
}

/** passwd(5). As getpwuid(3) has it, the first of several entries for a user id counts. */
function parsePasswd(text: string): Map<number, string> {
  const names = new Map<number, string>()
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':', 3)
    // "+" and "-" entries refer to NIS (nsswitch.conf(5), compat).
    if (!/^[^#+-]/.test(name) || !/^\d+$/.test(id)) continue
    const uid = Number(id)
    if (!names.has(uid)) names.set(uid, name)
  }
  return names
}
