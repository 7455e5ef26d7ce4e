"""Pages on which a camera reads barcodes: under which policy they are shown.

The reader of barcodes is compiled to WebAssembly; nothing else is compiled at run time.
"""

from __future__ import annotations

from api.http.guard import POLICY

CAMERA_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
WITH_CAMERA = {"content-security-policy": CAMERA_POLICY}
