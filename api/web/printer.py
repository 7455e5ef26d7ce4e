"""The printer that somebody chose on a page: which format, how many dots an inch; remembered.

A cookie keeps it on this computer, for the printer stands beside it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from api.printing import Print, Printer
from api.web.cookies import PRINTER, set_cookie
from api.web.visitor import Visitor, printer_beside
from scanner.labels import LEAST_DPI, MOST_DPI, Format


class Chosen:
    """For which printer a page is asked to print."""

    def __init__(
        self,
        request: Request,
        wanted: Annotated[Format | None, Query(alias="format")] = None,
        dpi: Annotated[int | None, Query(ge=LEAST_DPI, le=MOST_DPI)] = None,
    ) -> None:
        usual = printer_beside(request)
        self.printer = Printer(wanted or usual.form, dpi or usual.dpi)
        self._is_new = self.printer != usual

    def use(self, printer: Printer) -> None:
        """Print for this one, which is not remembered."""
        self.printer, self._is_new = printer, False

    def answer(self, visitor: Visitor, made: Print) -> Response:
        """Answer with what is printed, and remember the printer. Raises NoRoomToPrintError."""
        printed = made.drawn(self.printer, visitor.speech.language)
        shown = "attachment" if self.printer.form is Format.ZPL else "inline"
        headers = {"content-disposition": f'{shown}; filename="{printed.name}"'}
        answer = Response(printed.content, 200, headers, printed.media_type)
        if self._is_new:
            set_cookie(visitor.request, answer, PRINTER, str(self.printer))
        return answer


ChosenPrinter = Annotated[Chosen, Depends(Chosen)]
