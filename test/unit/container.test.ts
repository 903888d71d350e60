import { expect, test } from 'vitest'
import { containerId } from '../../lib/process/container.js'

const ID = 'f75aff467357c5d0ddd47cb7ad87ed38746e018992586ff66198a5c11218f634'
const OTHER = '0f99ad5f45163ed14ab8eaf92ed34bb4a631d007f8755a7d79be614bcb0df0ef'
const POD = '91a8fc3a-0ecf-48b4-81bf-78a7275d348c'
const POD_ = POD.replaceAll('-', '_')
const SLICE = `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_}.slice`

test.each([
  ['Docker, systemd driver', `/system.slice/docker-${ID}.scope`],
  ['Docker, cgroupfs driver', `/docker/${ID}`],
  ['Docker, with a parent of its own', `/build.slice/docker-${ID}.scope`],
  ['Docker, rootless', `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`],
  ['Docker inside Docker', `/docker/${OTHER}/docker/${ID}`],
  ['a service of systemd inside Docker', `/docker/${ID}/system.slice/cron.service`],
  ['systemd itself inside Docker', `/system.slice/docker-${ID}.scope/init.scope`],
  ['containerd, a namespace', `/default/${ID}`],
  ['containerd, a namespace with a dot', `/k8s.io/${ID}`],
  ['nerdctl, systemd driver', `/system.slice/nerdctl-${ID}.scope`],
  ['Podman', `/machine.slice/libpod-${ID}.scope`],
  ['Podman with crun', `/machine.slice/libpod-${ID}.scope/container`],
  ['Podman, rootless', `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`],
  ['Podman, a pod', `/machine.slice/machine-libpod_pod_${OTHER}.slice/libpod-${ID}.scope/container`],
  ['Podman, cgroupfs driver', `/libpod_parent/libpod-${ID}`],
  ['Podman, in the unit that started it', `/system.slice/web.service/libpod-payload-${ID}`],
  ['CRI-O', `${SLICE}/crio-${ID}.scope`],
  ['CRI-O with crun', `${SLICE}/crio-${ID}.scope/container`],
  ['CRI-O, cgroupfs driver', `/kubepods/burstable/pod${POD}/crio-${ID}`],
  ['Kubernetes with containerd', `${SLICE}/cri-containerd-${ID}.scope`],
  ['Kubernetes with Docker', `${SLICE}/docker-${ID}.scope`],
  ['Kubernetes, cgroupfs driver', `/kubepods/besteffort/pod${POD}/${ID}`],
  ['Kubernetes, guaranteed, cgroupfs driver', `/kubepods/pod${POD}/${ID}`],
  ['Kubernetes, static pod', `/kubepods/burstable/pod${POD.replaceAll('-', '')}/${ID}`],
  [
    'Kubernetes, its cgroups below a slice of its own',
    `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${POD_}.slice/cri-containerd-${ID}.scope`,
  ],
  ['Kubernetes in Docker', `/docker/${OTHER}/kubelet/kubepods/besteffort/pod${POD}/${ID}`],
  [
    'containerd with the wrong driver',
    `/system.slice/containerd.service/kubepods-burstable-pod${POD_}.slice:cri-containerd:${ID}`,
  ],
  ['ECS', `/ecs/cluster/0123456789abcdef0123456789abcdef/${ID}`],
])('%s', (_, path) => {
  expect(containerId(path)).toBe(ID)
})

test.each([
  ['the root', '/'],
  ['nothing', ''],
  ['systemd', '/init.scope'],
  ['a service', '/system.slice/docker.service'],
  ['the daemon of containerd', '/system.slice/containerd.service'],
  ['a session', '/user.slice/user-1000.slice/session-3.scope'],
  ['a service whose instance is 64 hex digits', `/system.slice/system-job.slice/job@${ID}.service`],
  ['a scope that only looks like one', `/system.slice/run-${ID}.scope`],
  ['a service named like a scope of Docker', `/system.slice/docker-${ID}.service`],
  ['a mount of Docker', `/system.slice/docker-${ID}.mount`],
  ['a cgroup that a service made for itself', `/system.slice/build.service/${ID}`],
  ['64 hex digits in a slice', `/jobs.slice/${ID}`],
  ['64 hex digits deep below a directory', `/build/cache/${ID}`],
  ['64 hex digits at the root', `/${ID}`],
  ['the monitor of a container of Podman', `/machine.slice/libpod-conmon-${ID}.scope`],
  ['the monitor of a container of CRI-O', `${SLICE}/crio-conmon-${ID}.scope`],
  ['a pod of Podman, outside its containers', `/machine.slice/machine-libpod_pod_${ID}.slice`],
  ['a pod of Kubernetes, outside its containers', SLICE],
  ['an id that is too short', `/docker/${ID.slice(1)}`],
  ['an id that is too long', `/docker/${ID}0`],
  ['an id in capitals', `/docker/${ID.toUpperCase()}`],
  ['a machine of systemd-nspawn', '/machine.slice/systemd-nspawn@debian.service/payload'],
])('%s is no container', (_, path) => {
  expect(containerId(path)).toBeUndefined()
})
