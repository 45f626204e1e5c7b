"""The names that one part of a scenario has for what is in another, and which of them mean nothing.

A part that is wrong still declares names: whatever text stands in it may be one, so that no finding follows
from another one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.errors import Finding
from mockkrea.core.globs import fits
from mockkrea.core.hints import clause, shortened
from mockkrea.core.initial_state import Setup
from mockkrea.core.meant import mistake_in_model, mistake_in_workspace
from mockkrea.core.paths import mistake_in_path_of_model
from mockkrea.core.tools import Tools, mistake_in_profile
from mockkrea.core.workspaces import KEY_MARK
from mockkrea.scenario.people import bare_setup
from mockkrea.scenario.shapes import Facts, Findings
from mockkrea.scenario.source import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What may be named.

    `members` has the people of each workspace, `sessions` what steps call the sessions that are there.
    `tools` is the profile of the MCP server's tools, `all` where it could not be read.
    `texts_of_wrong_parts` stand where models, workspaces, people or tokens would be declared, were nothing
    wrong there, `texts_of_wrong_steps` in steps with which something is wrong.
    """

    models: Collection[str]
    members: Mapping[str, Collection[str]]
    people: Collection[str]
    api_tokens: Collection[str]
    access_tokens: Collection[str]
    sessions: Collection[str]
    tools: Tools
    texts_of_wrong_parts: Collection[str]
    texts_of_wrong_steps: Collection[str]

    def note_model(self, id: str, path: Path, findings: Findings) -> None:
        """Note that there is no model with this id."""
        if id not in self.models and id not in self.texts_of_wrong_parts:
            findings.append(Finding(path, f'there is no model "{shortened(id)}"{clause(id, self.models)}'))

    def note_models(self, glob: str, path: Path, findings: Findings) -> None:
        """Note that there is no model that this glob means."""
        if not any(fits(glob, each) for each in (*self.models, *self.texts_of_wrong_parts)):
            self.note_model(glob, path, findings)

    def note_job_model(self, glob: str, path: Path, findings: Findings) -> None:
        """Note that no job is for what this glob means: for no model, training or node app."""
        may_be_declared = not mistake_in_model(glob, self.texts_of_wrong_parts)
        if not may_be_declared and (mistake := mistake_in_model(glob, self.models)):
            findings.append(Finding(path, mistake))

    def note_path(self, glob: str, path: Path, findings: Findings) -> None:
        """Note that this glob is of paths of models, and of none that is there."""
        may_be_declared = not mistake_in_path_of_model(glob, self.texts_of_wrong_parts)
        if not may_be_declared and (mistake := mistake_in_path_of_model(glob, self.models)):
            findings.append(Finding(path, mistake))

    def note_tool(self, glob: str, path: Path, findings: Findings) -> None:
        """Note that the tools that this glob means are those of another profile."""
        if mistake := mistake_in_profile(glob, self.tools):
            findings.append(Finding(path, mistake))

    def note_workspace(self, id: str, path: Path, findings: Findings) -> None:
        """Note that there is no workspace with this id."""
        mistake = mistake_in_workspace(id, self.members)
        if mistake and id not in self.texts_of_wrong_parts:
            findings.append(Finding(path, mistake))

    def note_key(self, key: str, path: Path, findings: Findings) -> None:
        """Note that no workspace has this token; that of a world by its name always leads there."""
        known = (*self.api_tokens, *self.access_tokens)
        if not key.startswith(KEY_MARK) and key not in (*known, *self.texts_of_wrong_parts):
            message = f'no workspace has the token "{shortened(key)}"{clause(key, known)}'
            findings.append(Finding(path, message))

    def note_matcher(
        self, matcher: Facts, path: Path, findings: Findings, *, must_be_served: bool = True
    ) -> None:
        """Note which model, workspace and key a matcher of requests or jobs means that are not there.

        Args:
            matcher: perhaps wrong itself; only texts are names.
            must_be_served: whether the same goes for its path and its tool.
        """
        judged = {"model": self.note_job_model, "workspace": self.note_workspace, "key": self.note_key}
        served = {"path": self.note_path, "tool": self.note_tool} if must_be_served else {}
        for key, note in {**judged, **served}.items():
            if isinstance(matcher.get(key), str):
                note(matcher[key], (*path, key), findings)

    def note_seat(self, facts: Facts, path: Path, findings: Findings) -> None:
        """Note a person or a workspace that is not there, and a person who is no member of the workspace."""
        person, workspace = facts.get("person"), facts.get("workspace")
        if person is not None:
            self._note_person(person, workspace, path, findings)
        if workspace is None:
            return
        self.note_workspace(workspace, (*path, "workspace"), findings)
        if facts.get("legacy"):
            message = "a legacy session is bound to no workspace; leave workspace or legacy out."
            findings.append(Finding((*path, "workspace"), message))

    def _note_person(self, person: str, workspace: str | None, path: Path, findings: Findings) -> None:
        if person in self.texts_of_wrong_parts:
            return
        if person not in self.people:
            message = f'there is no person "{shortened(person)}"{clause(person, self.people)}'
            findings.append(Finding((*path, "person"), message))
        elif workspace is not None and self._is_stranger(person, workspace):
            message = f'"{shortened(person)}" is no member of {shortened(workspace)}.'
            findings.append(Finding((*path, "workspace"), message))

    def _is_stranger(self, person: str, workspace: str) -> bool:
        members = self.members.get(workspace)
        return members is not None and person not in members


def names_in(
    values: Facts,
    fresh: Setup,
    catalogue: Catalogue,
    *,
    usual_tools: Tools,
    texts_of_wrong_parts: Collection[str],
    texts_of_wrong_steps: Collection[str],
) -> Names:
    """The names that a scenario with these values may use; what is wrong with the values does not matter."""
    tools = values.get("settings", {}).get("tools", usual_tools)
    setup = bare_setup(values.get("workspaces", ()), fresh, catalogue)
    sessions = values.get("oauth", {}).get("sessions", ())
    return Names(
        models={*(model.id for model in catalogue.models), *values.get("models", {}).get("add", {})},
        members={id: tuple(each.roles) for id, each in setup.workspaces.items()},
        people=tuple(setup.people),
        api_tokens=tuple(setup.tokens),
        access_tokens=[each["access_token"] for each in sessions if "access_token" in each],
        sessions=[each["as"] for each in sessions if "as" in each],
        tools=Tools(tools) if tools in list(Tools) else Tools.ALL,
        texts_of_wrong_parts=texts_of_wrong_parts,
        texts_of_wrong_steps=texts_of_wrong_steps,
    )
