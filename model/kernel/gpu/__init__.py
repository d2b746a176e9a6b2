# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The GPU side: drm_gpusvm, drm_pagemap, a driver like xe with its devices, TTM, drm_gpuvm, peer-to-peer maps."""
