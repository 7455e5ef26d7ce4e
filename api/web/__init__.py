"""The web pages: rendered on the server, for staff, couriers, managers and applicants.

A module a page; `rendering` turns templates into answers, `visitor` tells who asks and what they
may.
"""
