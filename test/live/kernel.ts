/** Which kernel this is, where a test depends on it. */
import { release } from 'node:os'

export function kernelIsBefore(major: number, minor: number): boolean {
  const [ofMajor, ofMinor] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10))
  return ofMajor! < major || (ofMajor === major && ofMinor! < minor)
}
