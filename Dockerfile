# syntax=docker/dockerfile:1

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/gateway
WORKDIR /src
COPY requirements.txt ./
RUN /opt/gateway/bin/pip install --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY gateway ./gateway
RUN /opt/gateway/bin/pip install --no-deps --no-build-isolation .

FROM python:3.13-slim
# The same path as in the build stage: a venv's scripts name their interpreter.
COPY --from=build /opt/gateway /opt/gateway
RUN useradd --system --uid 10001 --no-create-home gateway && install -d -o gateway /data
USER gateway
VOLUME /data
# Inside a container 127.0.0.1 is reached by nobody, so it listens everywhere, and starts only where somebody can be let
# in: make an API key first (docs/deployment.md), or set GATEWAY_JWT_JWKS_URL and its relatives.
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1 GATEWAY_HOST=0.0.0.0 GATEWAY_PORT=8000 GATEWAY_DATA_DIR=/data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"GATEWAY_PORT\"]}/livez', timeout=2)"]
ENTRYPOINT ["gateway"]
CMD ["serve"]
