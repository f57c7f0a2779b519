# The index, the watcher and the `gainsay` command. Not for `gainsay demo`, whose models and chain are left out.
# Node's version is the one that the tests run with; a newer release line takes the whole test suite first.
ARG NODE=20.20.2-bookworm-slim

FROM node:${NODE} AS build
# better-sqlite3 is compiled where its prebuilt binary cannot be had.
RUN apt-get update && apt-get install -y --no-install-recommends g++ make python3 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# Before the sources, so that a change of those leaves this layer as it is. Without the variable ONNX Runtime would fetch
# half a gigabyte for GPUs that no verdict is allowed to come from.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev \
 && rm -rf node_modules/@foundry-rs node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32
COPY . .
# Ponder writes this file at each start, which a read-only file system would end.
RUN ln -sf /dev/null ponder-env.d.ts

FROM node:${NODE}
ENV NODE_ENV=production GAINSAY_DATA_DIR=/data GAINSAY_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app /app
# The code is root's: whoever gets hold of the process cannot change it.
RUN mkdir /data && chown node:node /data && ln -s /app/cli/gainsay.js /usr/local/bin/gainsay
USER node
VOLUME /data
EXPOSE 42069
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 CMD ["node", "/app/ops/healthcheck.mjs"]
ENTRYPOINT ["node", "/app/cli/gainsay.js"]
CMD ["start"]
