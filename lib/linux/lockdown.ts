/** What the kernel keeps even from root. */
import { readFile } from 'node:fs/promises'

/** none, integrity or confidentiality; undefined where the kernel does not say. */
export async function lockdownMode(): Promise<string | undefined> {
  const modes = await readFile('/sys/kernel/security/lockdown', 'utf8').catch(() => '')
  return /\[(\w+)\]/.exec(modes)?.[1]
}
