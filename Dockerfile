# Weft in a container: docker build -t weft . && docker run -p 8080:8080 -v ./weft.yaml:/etc/weft/weft.yaml:ro weft
# In that weft.yaml, `media: {folder: /var/lib/weft/media}` keeps packaged media in the volume.

FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/weft
COPY pyproject.toml README.md LICENSE ./
COPY packager packager
COPY manifests manifests
COPY overlays overlays
RUN /opt/weft/bin/pip install --no-cache-dir '.[media]'

FROM python:3.12-slim
# Pillow shapes text with FriBiDi, which its wheel leaves to the system.
RUN apt-get update && apt-get install -y --no-install-recommends libfribidi0 \
  && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/weft --create-home weft
COPY --from=build /opt/weft /opt/weft
ENV PATH=/opt/weft/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /var/lib/weft
VOLUME /var/lib/weft
EXPOSE 8080
# The admin side answers inside the container only.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8081/healthz', timeout=2)"]
ENTRYPOINT ["weft"]
CMD ["serve", "--config", "/etc/weft/weft.yaml", "--host", "0.0.0.0"]
