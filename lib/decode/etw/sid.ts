/** Security identifiers as text, and the names of those that are the same on every Windows. */

const SUB_AUTHORITIES_AT = 8

export function sidText(view: DataView, at: number): string {
  const high = view.getUint16(at + 2)
  let text = `S-1-${high * 2 ** 32 + view.getUint32(at + 4)}`
  const count = view.getUint8(at + 1)
  for (let i = 0; i < count; i++) text += `-${view.getUint32(at + SUB_AUTHORITIES_AT + 4 * i, true)}`
  return text
}

/** [MS-DTYP] 2.4.2.4, in the names of an English Windows. Those of a domain or of a machine are not known offline. */
const NAMES: Record<string, string> = {
  'S-1-0-0': 'NULL SID',
  'S-1-1-0': 'Everyone',
  'S-1-2-0': 'LOCAL',
  'S-1-3-0': 'CREATOR OWNER',
  'S-1-5-2': 'NT AUTHORITY\\NETWORK',
  'S-1-5-3': 'NT AUTHORITY\\BATCH',
  'S-1-5-4': 'NT AUTHORITY\\INTERACTIVE',
  'S-1-5-6': 'NT AUTHORITY\\SERVICE',
  'S-1-5-7': 'NT AUTHORITY\\ANONYMOUS LOGON',
  'S-1-5-11': 'NT AUTHORITY\\Authenticated Users',
  'S-1-5-17': 'NT AUTHORITY\\IUSR',
  'S-1-5-18': 'NT AUTHORITY\\SYSTEM',
  'S-1-5-19': 'NT AUTHORITY\\LOCAL SERVICE',
  'S-1-5-20': 'NT AUTHORITY\\NETWORK SERVICE',
  'S-1-5-32-544': 'BUILTIN\\Administrators',
  'S-1-5-32-545': 'BUILTIN\\Users',
  'S-1-5-32-546': 'BUILTIN\\Guests',
  'S-1-5-80-0': 'NT SERVICE\\ALL SERVICES',
  'S-1-5-83-0': 'NT VIRTUAL MACHINE\\Virtual Machines',
}

/** The window manager and the font driver of each session. */
const NUMBERED = [
  [/^S-1-5-90-0-(\d+)$/, 'Window Manager\\DWM-'],
  [/^S-1-5-96-0-(\d+)$/, 'Font Driver Host\\UMFD-'],
] as const

/** Undefined where only the machine itself, or its domain, could tell. */
export function userName(sid: string): string | undefined {
  const known = NAMES[sid]
  if (known !== undefined) return known
  if (!sid.startsWith('S-1-5-9')) return undefined
  for (const [pattern, name] of NUMBERED) {
    const number = pattern.exec(sid)?.[1]
    if (number !== undefined) return name + number
  }
  return undefined
}
