"""The pages of the audit: how every stage does over weeks or months, and what is open now.

They are made from roll-ups; every count of stays opens the list of exactly these stays.
"""

from fastapi import APIRouter

from api.web.figures import changed, couriers, overview, what_if, work

router = APIRouter(include_in_schema=False)
for module in (overview, what_if, changed, work, couriers):
    router.include_router(module.router)

__all__ = ["router"]
