"""`aurora trace`, `verify`, `audit`: where a figure comes from, and whether every hash still holds."""

from __future__ import annotations
