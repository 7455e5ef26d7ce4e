"""The administrator's pages: people, places, badges, stand-ins, devices.

Everybody with the right to see staff may look; only administrators change, and only within their
reach (`reaching`).
"""

from fastapi import APIRouter

from api.web.admin import appointing, changing, devices, people, places, profile, stand_ins

router = APIRouter(include_in_schema=False)
# `appointing` first: nobody's number is "new"
for module in (people, appointing, profile, changing, stand_ins, places, devices):
    router.include_router(module.router)

__all__ = ["router"]
