/** What became of each record of ETW, by provider; and why some made no sense. */
import type { Accounts } from '../../accounts.js'
import { FAULT, FAULT_NAMES } from './payload.js'

export class Ledger {
  /** Records that no family reads: of another provider, or of another kind. Counted nowhere else. */
  skipped = 0
  readonly #accounts: Accounts
  readonly #faults = new Float64Array(FAULT_NAMES.length)

  constructor(accounts: Accounts) {
    this.#accounts = accounts
  }

  isRead(provider: number, isOurs: boolean): boolean {
    if (isOurs) this.#accounts.read[provider]!++
    else this.skipped++
    return isOurs
  }

  isGood(provider: number, fault: number): boolean {
    if (fault === FAULT.NONE) return true
    this.bad(provider, fault)
    return false
  }

  bad(provider: number, fault: number): void {
    this.#accounts.bad[provider]!++
    this.#faults[fault]!++
  }

  /** Records of these that were read. */
  read(...providers: number[]): number {
    return providers.reduce((sum, provider) => sum + this.#accounts.read[provider]!, 0)
  }

  fold(provider: number): void {
    this.#accounts.folded[provider]!++
  }

  deliver(provider: number): void {
    this.#accounts.delivered[provider]!++
  }

  /** How many records made no sense, by the reason. */
  faults(): Record<string, number> {
    const counted = FAULT_NAMES.map((name, fault) => [name, this.#faults[fault]!] as const)
    return Object.fromEntries(counted.filter(([, count]) => count > 0))
  }
}
