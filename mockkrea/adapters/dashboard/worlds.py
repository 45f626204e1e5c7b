"""The page about worlds."""

from __future__ import annotations

from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.words import span


async def worlds_page(look: Look) -> Facts:
    """All worlds, the default one first."""
    everything = [(look.worlds.default, 0), *look.worlds.made()]
    return {
        "worlds": [
            {
                "name": tenant.name,
                "ui": look.ui_of(tenant),
                "url": look.request.origin + tenant.path,
                "api_key": tenant.api_key,
                "seed": tenant.seed,
                "idle": span(idle_us) if idle_us else "",
                "is_here": tenant is look.tenant,
                "is_default": tenant is look.worlds.default,
            }
            for tenant, idle_us in everything
        ],
    }
