# The image of Argus: `docker build -t argus .`, then docs/install.md. The web app is prebuilt in
# web/dist, so no Node is needed here.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements requirements
RUN python -m venv /opt/argus \
 && /opt/argus/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/runtime.lock \
 && pip install --no-cache-dir --require-hashes --no-deps -r requirements/build.lock
COPY pyproject.toml README.md ./
COPY argus argus
COPY migrations migrations
COPY web/dist web/dist
RUN hatchling build -t wheel \
 && /opt/argus/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.13-slim
COPY --from=build /opt/argus /opt/argus
RUN useradd --system --uid 10001 --home-dir /data --create-home argus
ENV PATH=/opt/argus/bin:$PATH \
    HOST=0.0.0.0 \
    APP_ENV=production \
    DLQ_PATH=/data/dlq
WORKDIR /data
VOLUME /data
USER argus
EXPOSE 8080 4317 4318
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('HTTP_PORT') or 8080), timeout=4); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["argus"]
CMD ["serve"]
