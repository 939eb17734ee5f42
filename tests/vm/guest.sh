# guest.sh SOURCE BUILD RUN KERNEL SCENARIOS - the first program of the machine: its disks, udev, an officer, then the scenarios.
# shellcheck shell=bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TZ=Asia/Jakarta
cd "$1" || exit
export SOURCE=$1 B=$2 RUN=$3 JEMPUT=$3/bin/jemput
kernel=$4 scenarios=$5
mount -t tmpfs run /run
mount -t tmpfs shm /dev/shm 2>/dev/null
mkdir -p /run/udev/rules.d /run/lock /run/vm /lib/modules
chmod 777 /run/vm
mount --bind "$kernel/lib/modules" /lib/modules
hostname van
chmod 755 "$RUN" "$RUN/bin"
useradd -M -d /run/siti -s /bin/bash -G lp siti
cp -a "$RUN/kit" /run/kit
chown -R siti /run/kit
cp hw/assets/70-jemput.rules /run/udev/rules.d/
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add --type=subsystems
udevadm trigger --action=add --type=devices
udevadm settle
modprobe -a xhci_pci
udevadm settle

passed=0 failed=0
for f in tests/vm/*.vm.sh; do
    name=$(basename "$f" .vm.sh)
    [ -z "$scenarios" ] || [[ " $scenarios " == *" $name "* ]] || continue
    started=$(date +%s%N)
    timeout 1500 bash "$f" >"/run/vm/$name.log" 2>&1 </dev/null
    rc=$?
    took=$((($(date +%s%N) - started) / 100000000))
    printf 'VM| %-5s vm/%-36s %4d.%d s\n' "$([ $rc = 0 ] && echo ok || echo FAIL)" "$name" $((took / 10)) $((took % 10))
    if [ $rc = 0 ]; then
        passed=$((passed + 1))
        sed 's/^/    | /' "/run/vm/$name.log"
    else
        failed=$((failed + 1))
        sed 's/^/VM|     | /' "/run/vm/$name.log"
        dmesg | tail -8 | sed 's/^/VM|     kernel: /'
    fi
done
echo "VM-END $passed passed, $failed failed"
sync
sleep 1
echo b >/proc/sysrq-trigger
sleep 100
