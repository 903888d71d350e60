/**
 * Which container a cgroup path belongs to.
 *
 * The rules are those by which the runtimes name their cgroups, with either cgroup driver. They are
 * strict, so that no unit of systemd is ever taken for a container: an id is 64 hex digits, in a
 * place where a runtime puts one. The monitor process beside a container (conmon) is not in it.
 */

/**
 * systemd driver: docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope, nerdctl-ID.scope;
 * cgroupfs driver of CRI-O and Podman: the same without ".scope";
 * Podman in the unit that started it (--cgroups=split): libpod-payload-ID.
 */
const NAMED = /^(?:docker|cri-containerd|crio|libpod|libpod-payload|nerdctl)-([0-9a-f]{64})(?:\.scope)?$/

/** containerd told to use systemd's notation without systemd: SLICE:cri-containerd:ID. */
const NOTATION = /^[^:]*:(?:docker|cri-containerd|crio|libpod|nerdctl):([0-9a-f]{64})$/

const BARE = /^[0-9a-f]{64}$/

/** cgroupfs driver of Docker (also inside another container) and of the kubelet: the parent tells. */
const PARENT_OF_BARE = /^docker$|^(?:[^/]*-)?pod[0-9a-f][0-9a-f_-]{30,34}[0-9a-f](?:\.slice)?$/

/** A containerd namespace is a directory at the root; units of systemd there have a suffix. */
const CONTAINERD_NAMESPACE = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/
const UNIT = /\.(?:slice|service|scope|mount|socket|swap)$/

/** The innermost container, or undefined. */
export function containerId(cgroupPath: string): string | undefined {
  const parts = cgroupPath.split('/')
  for (let at = parts.length - 1; at > 0; at--) {
    const part = parts[at]!
    if (part.length < 64) continue
    const named = NAMED.exec(part) ?? NOTATION.exec(part)
    if (named !== null) return named[1]
    if (BARE.test(part) && isPlaceOfContainers(parts, at)) return part
  }
  return undefined
}

function isPlaceOfContainers(parts: readonly string[], at: number): boolean {
  const parent = parts[at - 1]!
  if (PARENT_OF_BARE.test(parent)) return true
  if (parts[1] === 'ecs') return at > 2
  return at === 2 && CONTAINERD_NAMESPACE.test(parent) && !UNIT.test(parent)
}
