# Airflow with release-ops in it, and what a rehearsal needs: the image of docker-compose.yaml.
#
# What runs is the lock, all of it and nothing else: an environment of its own beside the base image's, whose many
# providers pin other versions of what they share with us.
FROM apache/airflow:3.3.2-python3.12 AS base
USER root
# The sandbox's builds call make; socat brings the sandbox onto Airflow's loopback.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make socat \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=airflow --group=0 --mode=775 /opt/release-ops \
         /opt/airflow/connections /opt/airflow/passwords /opt/airflow/plugins /opt/airflow/sandbox-state
USER airflow
ENV VIRTUAL_ENV=/opt/release-ops \
    PATH="/opt/release-ops/bin:${PATH}"

FROM base AS packages
# The base image installs for its user, which an environment refuses.
ENV PIP_USER=0 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /home/airflow/build
COPY --chown=airflow:0 requirements.txt ./
RUN python -m venv /opt/release-ops \
    && /opt/release-ops/bin/python -m pip install --require-hashes --requirement requirements.txt
# Node comes from the lock, too.
COPY --chown=airflow:0 package.json package-lock.json .npmrc ./
RUN npm ci
# By its entry point, not by the plugins folder: Airflow warns if it finds a plugin in both, and a checkout's
# plugins/ has the entry point, too, once `make install` ran there. The folder stays empty, for plugins of yours.
COPY --chown=airflow:0 pyproject.toml README.md LICENSE ./
COPY --chown=airflow:0 plugins plugins
RUN python -m pip install --no-deps --no-build-isolation . \
    && python -m pip check

FROM base
COPY --from=packages --chown=airflow:0 /opt/release-ops /opt/release-ops
COPY --from=packages --chown=airflow:0 /home/airflow/build/node_modules node_modules
COPY --chown=airflow:0 dags dags
COPY --chown=airflow:0 config config
COPY --chown=airflow:0 buildspecs buildspecs
COPY --chown=airflow:0 samples samples
COPY --chown=airflow:0 sandbox sandbox
COPY --chown=airflow:0 rehearsal rehearsal
