#!/bin/busybox sh
# First process of the virtual machine. Makes the host's file tree, shared read-only, the root: changes go to memory and
# vanish with the machine. Then hands over to run.sh on that root. Any failure ends this script, which the kernel answers
# with a panic.
set -e
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /dev /host /changes /tree /new
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do insmod "$module"; done

mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose host /host
mount -t tmpfs -o size=75%,mode=755 tmpfs /changes
mkdir /changes/upper /changes/work
mount -t overlay -o lowerdir=/host,upperdir=/changes/upper,workdir=/changes/work overlay /tree
mount --bind /tree /new

mount -t proc -o nosuid,nodev,noexec proc /new/proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /new/sys
mount -t devtmpfs -o mode=755,nosuid devtmpfs /new/dev
mkdir -p /new/dev/pts /new/dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /new/dev/pts
mount -t tracefs tracefs /new/sys/kernel/tracing
mount -t debugfs debugfs /new/sys/kernel/debug
mount -t securityfs securityfs /new/sys/kernel/security
mount -t bpf -o mode=700 bpf /new/sys/fs/bpf
mount -t cgroup2 cgroup2 /new/sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /new/run
for directory in dev/shm tmp var/tmp; do
  mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /new/$directory
done

# A project that lies in one of the emptied directories is brought back.
while read -r directory; do
  if [ ! -d "/new$directory" ]; then
    mkdir -p "/new$directory"
    mount --bind "/tree$directory" "/new$directory"
  fi
done < /directories

# Where its kernel's modules are looked for.
read -r modules < /kernel-modules
mkdir -p /new/lib/modules
ln -s "$modules" "/new/lib/modules/$(uname -r)"

mkdir /new/run/kernelwire-vm
cp /bin/busybox /run.sh /command.sh /new/run/kernelwire-vm
exec switch_root /new /run/kernelwire-vm/busybox sh /run/kernelwire-vm/run.sh
