"""The pages of the couriers' runs: a day's runs, their figures, another timetable, the timetable.

Both ends of a route may look: the centre's branch and the authority. Figures are for those who see
figures, and timetables are set by administrators [003 service 7 §11: two runs a day].
"""

from fastapi import APIRouter

from api.web.runs import figures, timetable, today, what_if

router = APIRouter(include_in_schema=False)
for module in (today, figures, what_if, timetable):
    router.include_router(module.router)

__all__ = ["router"]
