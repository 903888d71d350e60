/** Which processes are sensitive unless somebody says otherwise. */
import type { ProcessRule } from './rules.js'

const WINDOWS: ProcessRule[] = [
  { path: '*\\System32\\lsass.exe' },
  // Where the source of the events knows no path, it is the bare name.
  { path: 'lsass.exe' },
]

/** They hold keys and passwords of whoever runs them. */
const KEEPERS = [
  '/usr/bin/ssh-agent',
  '/usr/bin/gpg-agent',
  '/usr/bin/gnome-keyring-daemon',
  '/usr/bin/kwalletd5',
  '/usr/bin/kwalletd6',
  '/usr/bin/ksecretd',
  '/usr/bin/vault',
]

/** They check passwords, or decide who may do what. */
const GATES = [
  '/usr/sbin/sshd',
  '/usr/lib/openssh/sshd-session',
  '/usr/lib/openssh/sshd-auth',
  '/usr/libexec/openssh/sshd-session',
  '/usr/libexec/openssh/sshd-auth',
  '/usr/bin/sudo',
  '/usr/bin/su',
  '/bin/su',
  '/usr/bin/login',
  '/bin/login',
  '/usr/sbin/auditd',
  '/sbin/auditd',
  '/usr/lib/polkit-1/polkitd',
  '/usr/libexec/polkitd',
  '/usr/sbin/sssd',
  '/usr/libexec/sssd/sssd_be',
  '/usr/libexec/sssd/sssd_nss',
  '/usr/libexec/sssd/sssd_pam',
]

/** Whoever is in them is root, or every container's master. Users run some of them too, for themselves. */
const MASTERS = [
  '/usr/lib/systemd/systemd',
  '/lib/systemd/systemd',
  '/usr/lib/systemd/systemd-logind',
  '/lib/systemd/systemd-logind',
  '/usr/bin/dockerd',
  '/usr/sbin/dockerd',
  '/usr/bin/containerd',
  '/usr/bin/crio',
]

const BUSES = ['/usr/bin/dbus-daemon', '/usr/bin/dbus-broker', '/usr/bin/dbus-broker-launch']
const BUS_USERS = ['messagebus', 'dbus']

const LINUX: ProcessRule[] = [
  ...[...KEEPERS, ...GATES].map((path) => ({ path })),
  ...MASTERS.map((path) => ({ path, user: 0 })),
  ...BUSES.flatMap((path) => BUS_USERS.map((user) => ({ path, user }))),
]

export const SENSITIVE_PROCESSES: readonly ProcessRule[] = [...WINDOWS, ...LINUX]
