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

export function isBenignThread(source: Party, target: Party): boolean {
  return ANYWHERE.match(source) || (WINDOW_MANAGER.match(source) && CLIENT_SERVER.match(target))
}
