# syntax=docker/dockerfile:1
# Aurora from its wheel, for every service of docker-compose.yml. Base images are pinned by version; pin them by digest
# where you mirror them.
ARG PYTHON_IMAGE=python:3.11.13-slim-bookworm

# What Aurora depends on: rebuilt only when pyproject.toml or constraints.txt changes.
FROM ${PYTHON_IMAGE} AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /build
RUN python -m venv /opt/aurora
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/aurora/bin/python -m pip install --constraint constraints.txt --requirement requirements.txt

# The wheel, as `make dist` makes it.
FROM dependencies AS wheel
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip install --constraint constraints.txt setuptools
COPY README.md LICENSE ./
COPY aurora_pipeline ./aurora_pipeline
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /dist .
RUN /opt/aurora/bin/python -m pip install --no-deps --no-index /dist/*.whl

FROM ${PYTHON_IMAGE}
RUN groupadd --gid 10001 aurora && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /workspace aurora \
    && mkdir -p /workspace/.aurora && chown -R 10001:10001 /workspace
COPY --from=wheel /opt/aurora /opt/aurora
ENV PATH=/opt/aurora/bin:$PATH AURORA_HOME=/workspace AURORA_LOG_FORMAT=json PYTHONUNBUFFERED=1
WORKDIR /workspace
USER 10001:10001
VOLUME /workspace/.aurora
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["aurora", "health", "ready"]
ENTRYPOINT ["aurora"]
CMD ["--help"]
