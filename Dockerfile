# An image with Tapline, uv and Python for the plugins. Build it from a checkout: docker build --tag tapline .
# A project is mounted at /project:  docker run --rm --volume "$PWD:/project" tapline run tap-x target-y

FROM node:20-bookworm AS build
WORKDIR /src
COPY . .
# Headers of this Node are in the image, so that the one compiled part needs no further download.
RUN npm_config_nodedir=/usr/local npm ci && npm run package

FROM node:20-bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv git ca-certificates tini \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/tapline-*.tgz /tmp/
RUN npm install --global /tmp/tapline-*.tgz && rm /tmp/tapline-*.tgz
# The plugins' virtual environments and the system database lie in the project, which this user must be able to write.
RUN mkdir /project && chown node:node /project
USER node
WORKDIR /project
# On SIGTERM a run stops its plugins and saves their state, which may take longer than Docker's 10 s: stop with --time 60.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1m --timeout=20s CMD ["tapline", "validate"]
# tini is PID 1: it hands signals on, and reaps what plugins leave behind.
ENTRYPOINT ["tini", "--", "tapline"]
CMD ["--help"]
