"""Tells by mail or webhook who is about to be late (ADR 18), from a thread that blocks nothing.

Import from the modules: whoever tells nobody needs neither SMTP nor an HTTP client.
"""
