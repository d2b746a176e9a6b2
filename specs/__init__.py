# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What must hold: verdicts, the catalogue of variants and what each is expected to show."""
