# The whole app: its source is compiled once, and only what it needs at run time goes into the image.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: what has one is for tests only.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Signalbox" \
      org.opencontainers.image.description="A self-hosted GitHub App that runs a repository's CI as one control plane." \
      org.opencontainers.image.licenses="MIT"
ENV HOST=0.0.0.0 \
    PORT=3000 \
    SIGNALBOX_DATA_DIR=/data
COPY package.json LICENSE app.yml /app/
COPY templates /app/templates
COPY migrations /app/migrations
COPY schema /app/schema
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
RUN install --directory --owner=node --group=node --mode=0700 /data
# By number, so that an orchestrator can see that it is not root.
USER 1000:1000
# Where the setup page keeps .env, and PGlite its data.
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
# Exec form: SIGTERM reaches Node itself, which finishes what is under way.
ENTRYPOINT ["node", "/app/dist/cli.js"]
CMD ["start"]
