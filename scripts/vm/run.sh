# Process 1 on the final root: runs the command with its output on virtio-serial ports and reports its exit status.
busybox=/run/kernelwire-vm/busybox
$busybox hostname kernelwire-vm
$busybox ifconfig lo 127.0.0.1 up
ulimit -Hn 524288
ulimit -l unlimited
ulimit -c 0

port() {
  for class in /sys/class/virtio-ports/*; do
    read -r name < "$class/name"
    if [ "$name" = "$1" ]; then echo "/dev/${class##*/}"; fi
  done
}

$busybox setsid /bin/sh /run/kernelwire-vm/command.sh < /dev/null > "$(port stdout)" 2> "$(port stderr)"
status=$?
report=/run/kernelwire-vm/report
$busybox touch $report
{
  echo "$status $($busybox stat -c %s $report)"
  $busybox cat $report
} > "$(port result)"
$busybox poweroff -f
