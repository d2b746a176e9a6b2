# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""An executable kernel: the memory management and GPU parts that shared virtual memory needs, with data in its pages.

Plain blocking Python. Before each step that another task can see, a function calls ``sched.point(op)``; a scheduler
(``checker/schedule``) decides who goes on. Names, error codes and the order of steps are the kernel's.
"""
