/** Why Windows does not give a trace session, in one sentence with the remedy. */
import { KernelwireError } from '../errors.js'

const ERROR = {
  ACCESS_DENIED: 5,
  ALREADY_EXISTS: 183,
  NO_SYSTEM_RESOURCES: 1450,
  PRIVILEGE_NOT_HELD: 1314,
} as const

export function refusalOfSession(error: number, step: string): KernelwireError {
  const details = `${step}: Windows error ${error}`
  if (error === ERROR.ACCESS_DENIED || error === ERROR.PRIVILEGE_NOT_HELD) {
    return new KernelwireError(
      'ERR_PRIVILEGE',
      'may not trace the kernel; run it elevated ("Run as administrator") or as LocalSystem',
      { details },
    )
  }
  if (error === ERROR.NO_SYSTEM_RESOURCES || error === ERROR.ALREADY_EXISTS) {
    return new KernelwireError(
      'ERR_NOTHING_ATTACHED',
      'other tools have all trace sessions that Windows gives for the kernel; `logman query -ets` lists them, close one of those tools',
      { details },
    )
  }
  return new KernelwireError('ERR_NOTHING_ATTACHED', `Windows refuses to trace the kernel (error ${error})`, {
    details,
  })
}
