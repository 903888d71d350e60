/** Correlation as this machine understands it: which mount namespace the paths of its rules are about. */
import type { CorrelationOptions, ResolvedCorrelation } from '../correlate/correlator.js'
import { KernelwireError } from '../errors.js'
import { initialMountNamespace } from './filter.js'

export async function resolveCorrelation(options: CorrelationOptions): Promise<ResolvedCorrelation> {
  const hostNamespace = await initialMountNamespace()
  const needsIt = !options.ignoreEverywhere && options.ignore?.some(({ path }) => path !== undefined)
  if (hostNamespace === undefined && needsIt) {
    throw new KernelwireError(
      'ERR_OPTION',
      '"ignore" of "correlation" names paths, which hold in the initial mount namespace, and that cannot be recognised from here; set "ignoreEverywhere" (--ignore everywhere) if paths may be trusted in containers',
    )
  }
  return hostNamespace === undefined ? options : { ...options, hostNamespace }
}
