# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A program in the language of another checker, so that a sceptic can ask a tool that shares no code with this one."""
