"""What people and the worker do all day, each with a login of its own: the whole life of a statement, and a period."""

from __future__ import annotations

