"""The pages in a real Chromium, driven by Playwright, on real servers in threads.

Fixtures (see `conftest`): `page` (and `new_page`, for a second station) fails its test on any
error on the console; `served` is a server of the whole application on a store of the test's own
with a small demonstration in it; `axe` looks for what keeps people out (WCAG 2.2 AA).

The browser is the system's `chromium`; `QOLHAT_TEST_CHROMIUM` names another. Without one the tests
skip and say so; in CI a skip is a failure. All of them join one group of pytest-xdist: one worker
owns the browser.
"""
