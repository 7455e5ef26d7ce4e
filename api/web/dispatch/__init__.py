"""The pages of dispatch: registries and packing, bags and hand-overs, unpacking, what differs.

For the collecting department, the office, and whoever settles [003 service 7 §11, rows 2-4, 11-13].
"""

from fastapi import APIRouter

from api.web.dispatch import bags, discrepancies, packing, proofs, registries, table, unpacking

router = APIRouter(include_in_schema=False)
for module in (registries, packing, bags, unpacking, table, discrepancies, proofs):
    router.include_router(module.router)

__all__ = ["router"]
