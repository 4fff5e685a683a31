"""What the environment says; names and meanings are in docs/model-server.md."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SAGEMAKER_MODEL_DIR = "/opt/ml/model"


class SettingsError(Exception):
    """A variable of the environment that cannot be used; the message names it and what it may be."""


@dataclass(frozen=True)
class IndexSettings:
    """Where packages of models come from."""

    index_url: str = "https://pypi.org/simple"
    # Indexes that are asked too, and that a model may name.
    extra_index_urls: tuple[str, ...] = ()
    # Folders or pages with wheels.
    find_links: tuple[str, ...] = ()
    # Whether packages without a wheel are built, which runs their code.
    source_builds: bool = False
    timeout_seconds: int = 1800
    max_mib: int = 8192

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(each.rstrip("/") for each in (self.index_url, *self.extra_index_urls, *self.find_links) if each)


@dataclass(frozen=True)
class Settings:
    name: str
    release_file: Path | None
    source: str | None
    version: str | None
    track: str
    canary_url: str | None
    host: str
    port: int
    public_port: int
    token_file: Path | None
    public_prefix: str
    metrics_port: int
    workers: int
    threads: int
    timeout_millis: int
    max_queue: int
    batch_wait_micros: int
    max_batch_rows: int
    max_body_mib: int
    max_connections: int
    read_timeout_seconds: int
    sample_percent: float
    sample_uri: str | None
    # A group of features, by which requests are completed that only say of whom; and the address of its store.
    features: str | None
    features_store: str
    drain_seconds: float
    emf_namespace: str | None
    access_log: str
    scratch: Path
    # `image`: models are served with the image's packages, and what differs is said. `build`: what differs is installed.
    packages: str
    # Where packages are that somebody else has built.
    environments: str | None
    indexes: IndexSettings
    answers_ping_without_model: bool

    @property
    def max_body_bytes(self) -> int:
        return self.max_body_mib * 1024 * 1024

    @property
    def timeout_seconds(self) -> float:
        return self.timeout_millis / 1000


def load_index_settings(env: Mapping[str, str] = os.environ) -> IndexSettings:
    """Where packages of models come from. Raises SettingsError for what cannot be used."""

    def listed(key: str) -> tuple[str, ...]:
        return tuple(env.get(f"MODEL_SERVER_{key}", "").split())

    def most(key: str, default: int) -> int:
        given = env.get(f"MODEL_SERVER_{key}", "").strip() or str(default)
        if not given.isdigit() or int(given) < 1:
            raise SettingsError(f"MODEL_SERVER_{key} is {given!r}; it must be a whole number of at least 1")
        return int(given)

    index = env.get("MODEL_SERVER_INDEX_URL", IndexSettings.index_url).strip()
    for address in (index, *listed("EXTRA_INDEX_URLS")):
        if address and not address.startswith(("https://", "http://", "file://")):
            raise SettingsError(f"{address!r} is no address of an index; write https://host/simple")
    sources = env.get("MODEL_SERVER_SOURCE_BUILDS", "").strip() or "false"
    if sources not in ("true", "false"):
        raise SettingsError(f"MODEL_SERVER_SOURCE_BUILDS is {sources!r}; it must be true or false")
    return IndexSettings(
        index_url=index,
        extra_index_urls=listed("EXTRA_INDEX_URLS"),
        find_links=listed("FIND_LINKS"),
        source_builds=sources == "true",
        timeout_seconds=most("BUILD_SECONDS", IndexSettings.timeout_seconds),
        max_mib=most("MAX_ENVIRONMENT_MIB", IndexSettings.max_mib),
    )


def load_settings(env: Mapping[str, str] = os.environ) -> Settings:
    """Reads `MODEL_SERVER_*`. Raises SettingsError at the first that cannot be used."""

    def text(key: str, default: str | None = None) -> str | None:
        return env.get(f"MODEL_SERVER_{key}", "").strip() or default

    def number(key: str, default: float, low: float, high: float) -> float:
        given = text(key)
        try:
            value = float(given) if given is not None else default
        except ValueError:
            raise SettingsError(f"MODEL_SERVER_{key} is {given!r}; it must be a number") from None
        if not low <= value <= high:
            raise SettingsError(f"MODEL_SERVER_{key} is {given}; it must be from {low:g} to {high:g}")
        return value

    def whole(key: str, default: int, low: int, high: int) -> int:
        value = number(key, default, low, high)
        if value != int(value):
            raise SettingsError(f"MODEL_SERVER_{key} is {value}; it must be a whole number")
        return int(value)

    def choice(key: str, default: str, allowed: tuple[str, ...]) -> str:
        value = text(key, default) or default
        if value not in allowed:
            raise SettingsError(f"MODEL_SERVER_{key} is {value!r}; it must be one of {', '.join(allowed)}")
        return value

    def path(key: str) -> Path | None:
        given = text(key)
        return Path(given) if given else None

    prefix = (text("PUBLIC_PREFIX", "") or "").rstrip("/")
    if prefix and not prefix.startswith("/"):
        raise SettingsError(f"MODEL_SERVER_PUBLIC_PREFIX is {prefix!r}; it must begin with /")
    release_file = path("RELEASE_FILE")
    source = text("SOURCE")
    on_sagemaker = release_file is None and source is None
    return Settings(
        name=text("NAME", "model") or "model",
        release_file=release_file,
        source=SAGEMAKER_MODEL_DIR if on_sagemaker else source,
        version=text("VERSION"),
        track=choice("TRACK", "stable", ("stable", "canary")),
        canary_url=text("CANARY_URL"),
        host=text("HOST", "0.0.0.0") or "0.0.0.0",
        port=whole("PORT", int(env.get("SAGEMAKER_BIND_TO_PORT") or 8080), 1, 65535),
        public_port=whole("PUBLIC_PORT", 8081, 1, 65535),
        token_file=path("TOKEN_FILE"),
        public_prefix=prefix,
        metrics_port=whole("METRICS_PORT", 9090, 1, 65535),
        workers=whole("WORKERS", 2, 1, 64),
        threads=whole("THREADS", _usual_threads(), 1, 256),
        timeout_millis=whole("TIMEOUT_MILLIS", 10_000, 10, 3_600_000),
        max_queue=whole("MAX_QUEUE", 256, 1, 100_000),
        batch_wait_micros=whole("BATCH_WAIT_MICROS", 0, 0, 1_000_000),
        max_batch_rows=whole("MAX_BATCH_ROWS", 128, 1, 4096),
        max_body_mib=whole("MAX_BODY_MIB", 6, 1, 1024),
        max_connections=whole("MAX_CONNECTIONS", 1024, 1, 100_000),
        read_timeout_seconds=whole("READ_TIMEOUT_SECONDS", 15, 1, 3600),
        sample_percent=number("SAMPLE_PERCENT", 0, 0, 100),
        sample_uri=text("SAMPLE_URI"),
        features=text("FEATURES"),
        features_store=text("FEATURES_STORE", "sagemaker://") or "",
        drain_seconds=number("DRAIN_SECONDS", 5, 0, 3600),
        emf_namespace=text("EMF_NAMESPACE"),
        access_log=choice("ACCESS_LOG", "errors", ("errors", "all")),
        scratch=path("SCRATCH") or Path("/tmp/model-server"),
        packages=choice("PACKAGES", "image", ("image", "build")),
        environments=text("ENVIRONMENTS"),
        indexes=load_index_settings(env),
        answers_ping_without_model=on_sagemaker or source == SAGEMAKER_MODEL_DIR,
    )


def _usual_threads() -> int:
    """As many as MLflow's server has for each worker: its calls go through asyncio.to_thread, whose pool has min(32, cores + 4)
    threads (https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor), and eight on small machines."""
    return max(8, min(32, (os.cpu_count() or 1) + 4))
