/**
 * Threads that parts of Windows create in other processes as their job. None of this holds for a
 * target that is sensitive.
 */
import { type Party, ProcessRules } from './rules.js'

/** csrss delivers Ctrl-C, WerFault looks at what crashed. */
const ANYWHERE = new ProcessRules([
  { path: '*\\System32\\csrss.exe' },
  { path: '*\\System32\\WerFault.exe' },
  { path: '*\\SysWOW64\\WerFault.exe' },
])
const WINDOW_MANAGER = new ProcessRules([{ path: '*\\System32\\dwm.exe' }])
const CLIENT_SERVER = new ProcessRules([{ path: '*\\System32\\csrss.exe' }])

const BY_NAME = new ProcessRules([{ path: 'csrss.exe', user: 'NT AUTHORITY\\SYSTEM' }])

/**
 * Where a recording has no image events, no path is known: csrss by its name, of the user that it runs as.
 * Whoever is that user can take the name, but needs no other process's threads any more.
 */
export function isBenignByName(source: Party): boolean {
  return BY_NAME.match(source)
}

export function isBenignThread(source: Party, target: Party): boolean {
  return ANYWHERE.match(source) || (WINDOW_MANAGER.match(source) && CLIENT_SERVER.match(target))
}
