# The packages are installed in one stage and only copied into the next, so that npm and its cache stay out.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24-slim
# The memory settings are those of `npm start` (docs/performance.md).
ENV NODE_ENV=production NODE_COMPILE_CACHE=/tmp/node-compile-cache MALLOC_MMAP_THRESHOLD_=4194304
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY commands ./commands
COPY src ./src
RUN mkdir data && chown node:node data
USER node
VOLUME /app/data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=16", "src/main.ts"]
