"""The HTTP API: FastAPI under `/api/v1`, one module a resource, errors as RFC 9457 problems."""
