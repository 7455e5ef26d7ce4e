"""A camera that sees what a test shows it."""

from __future__ import annotations

import base64
from io import BytesIO

from barcode import Code128
from barcode.writer import ImageWriter
from playwright.sync_api import Page

# The picture in `window.shown` is a sheet of paper on a table, slightly turned.
CAMERA = """
window.shown = "";
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [960, 540];
  const context = canvas.getContext("2d");
  const picture = new Image();
  setInterval(() => {
    if (picture.getAttribute("src") !== window.shown) picture.src = window.shown;
    context.fillStyle = "#bbb";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!window.shown || !picture.complete) return;
    context.save();
    context.translate(480, 270);
    context.rotate(0.08);
    context.drawImage(picture, -picture.width / 2, -picture.height / 2);
    context.restore();
  }, 50);
  return canvas.captureStream(20);
};
"""


def picture(code: str) -> str:
    """Return a barcode as a picture's address."""
    written = BytesIO()
    Code128(code, writer=ImageWriter()).write(written, {"module_width": 0.3, "dpi": 200})
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def show(page: Page, code: str) -> None:
    page.evaluate("address => { window.shown = address }", picture(code) if code else "")
