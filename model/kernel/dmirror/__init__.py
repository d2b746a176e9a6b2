# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The test driver of HMM (lib/test_hmm.c): a device that mirrors an address space and has memory of its own.

device.py    struct dmirror_device: pages of the device, CPU faults on them, eviction
mirror.py    struct dmirror, one for each open file: its page table, notifier, device reads and writes
commands.py  what the ioctl does besides: migration both ways, exclusive access
snapshot.py  what the CPU's page tables look like to the device
check.py     what the page table of a mirror may point at
"""
