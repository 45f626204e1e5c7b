"""Node apps: small machines that people built out of models, each with inputs and outputs of its own.

An app has versions; a version is what is executed. An app's scope says who may see and execute it:
everybody, the members of its workspace, or its author (words documented, meaning ASSUMED).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from mockkrea.core.clock import moment_of
from mockkrea.core.errors import NotFound
from mockkrea.core.fields import FieldLanguage, Schema
from mockkrea.core.forms import PlainInputSpec
from mockkrea.core.jobs import Output
from mockkrea.core.money import Unit, parts_of
from mockkrea.core.pricing import Price, price_in_units, range_us

Facts = Mapping[str, Any]

OUTPUTS_PATH = "/files/node-apps/"


class Scope(StrEnum):
    """Who may see and execute an app."""

    PUBLIC = "public"
    WORKSPACE = "workspace"
    USER = "user"


class Version(NamedTuple):
    """What is executed. `number` counts the app's versions from 1; `price` and `duration_us` are a job's.

    `jobs_field` is the input that says how many jobs one execution makes; None for one job.
    """

    id: str
    number: int
    created_at_us: int
    form: PlainInputSpec
    outputs: tuple[Output, ...]
    price: Price
    duration_us: tuple[int, int]
    jobs_field: str | None

    @property
    def output_schema(self) -> Schema:
        """JSON Schema of `result.urls`."""
        names = [output.name for output in self.outputs]
        url = {"type": "string", "format": "uri"}
        return {"type": "object", "properties": dict.fromkeys(names, url), "required": names}

    def job_count(self, input: Mapping[str, object]) -> int:
        """How many jobs an execution with this normalised input makes."""
        count = 1 if self.jobs_field is None else input[self.jobs_field]
        assert isinstance(count, int)
        return count


class NodeApp(NamedTuple):
    """One app. `number` counts all apps from 1; `versions` are oldest first."""

    id: str
    number: int
    name: str
    slug: str
    description: str
    author_id: str
    workspace_id: str
    scope: Scope
    created_at_us: int
    versions: tuple[Version, ...]

    @property
    def last_version(self) -> Version:
        """The newest."""
        return self.versions[-1]

    def is_visible(self, person_id: str, workspace_id: str) -> bool:
        """Whether this person, acting in this workspace, may see and execute it."""
        return {
            Scope.PUBLIC: True,
            Scope.WORKSPACE: self.workspace_id == workspace_id,
            Scope.USER: self.author_id == person_id,
        }[self.scope]


class NodeApps:
    """All apps, and what one can ask about them."""

    def __init__(self, apps: tuple[NodeApp, ...]) -> None:
        self._apps = apps

    @classmethod
    def read(cls, facts: Facts) -> NodeApps:
        """The apps that `fixtures/node_apps.yaml` describes; every scalar is the text in the file."""
        return cls(tuple(_app(id, each, nth) for nth, (id, each) in enumerate(facts.items(), 1)))

    def newest(self, *, person_id: str, workspace_id: str) -> list[NodeApp]:
        """The apps that this person may see in this workspace, newest first."""
        visible = [app for app in self._apps if app.is_visible(person_id, workspace_id)]
        return sorted(visible, key=lambda app: (app.created_at_us, app.number))[::-1]

    def app(self, app_id: str, *, person_id: str, workspace_id: str) -> NodeApp:
        """The app with this id.

        Raises:
            NotFound: there is none, or this person may not see it here.
        """
        for app in self.newest(person_id=person_id, workspace_id=workspace_id):
            if app.id == app_id:
                return app
        raise NotFound("node app", app_id)

    def version(self, version_id: str, *, person_id: str, workspace_id: str) -> tuple[NodeApp, Version]:
        """The version with this id, and its app.

        Raises:
            NotFound: there is none, or this person may not see it here.
        """
        apps = self.newest(person_id=person_id, workspace_id=workspace_id)
        for app in apps:
            for version in app.versions:
                if version.id == version_id:
                    return app, version
        hints = (
            f"This is the id of the app itself; its node_app_version_id is {app.last_version.id}."
            for app in apps
            if app.id == version_id
        )
        raise NotFound("node app version", version_id, next(hints, ""))


def _app(id: str, facts: Facts, number: int) -> NodeApp:
    return NodeApp(
        id=id,
        number=number,
        name=facts["name"],
        slug=facts["slug"],
        description=facts["about"],
        author_id=facts["author"],
        workspace_id=facts["workspace"],
        scope=Scope(facts["scope"]),
        created_at_us=moment_of(facts["created"]),
        versions=tuple(
            _version(version_id, each, nth, facts["slug"])
            for nth, (version_id, each) in enumerate(facts["versions"].items(), 1)
        ),
    )


def _version(id: str, facts: Facts, number: int, slug: str) -> Version:
    return Version(
        id=id,
        number=number,
        created_at_us=moment_of(facts["created"]),
        form=PlainInputSpec.read(slug, facts["input"], FieldLanguage()),
        outputs=tuple(_output(name, size) for name, size in facts["outputs"].items()),
        price=price_in_units(parts_of(Unit.COMPUTE_UNITS, facts["compute_units"])),
        duration_us=range_us(facts["seconds"]),
        jobs_field=facts.get("jobs"),
    )


def _output(name: str, size: str) -> Output:
    width, height = size.split("x")
    return Output(name, f"{OUTPUTS_PATH}{{id}}.{name}.png", int(width), int(height))
