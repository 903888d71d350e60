/**
 * The kernels that a machine can boot: generic Debian packages (their cloud flavour has no 9p, over which the guest sees
 * the host's files).
 */
export const KERNELS = new Map([
  ['5.10', { suite: 'bullseye', package: /^linux-image-5\.10\.0-\d+-amd64$/ }],
  ['6.1', { suite: 'bookworm', package: /^linux-image-6\.1\.0-\d+-amd64$/ }],
  ['6.12', { suite: 'trixie', package: /^linux-image-6\.12\.\d+(\+deb13)?-amd64$/ }],
  ['7.2', { suite: 'sid', package: /^linux-image-7\.2(\.\d+)?(\+deb14)?-amd64$/ }],
])
