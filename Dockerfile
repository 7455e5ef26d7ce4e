# The Qolhat API and its command line, without tests. Built by `docker compose build`.

FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/qolhat
ENV PATH=/opt/qolhat/bin:$PATH
# The dependencies first: they change less often than the code.
COPY requirements/runtime.lock requirements/runtime.lock
RUN pip install --no-cache-dir --require-hashes -r requirements/runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY projections projections
COPY scanner scanner
COPY infra infra
COPY api api
RUN pip install --no-cache-dir --no-deps .

FROM python:3.12-slim
ENV PATH=/opt/qolhat/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    QOLHAT_DATA_DIR=/data
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin qolhat \
    && install --directory --owner=qolhat --mode=0700 /data
COPY --from=build /opt/qolhat /opt/qolhat
USER 10001
VOLUME /data
EXPOSE 8000
# Any answer below 500 will do: what matters is that the server serves.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=3); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status >= 500)"]
ENTRYPOINT ["qolhat"]
CMD ["serve", "--host", "0.0.0.0"]
