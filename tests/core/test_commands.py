import json
from typing import Any

import pytest

from mockkrea.core.asset_commands import AddAsset, DeleteAsset
from mockkrea.core.command import Command
from mockkrea.core.commands import (
    COMMANDS,
    Advance,
    AdvanceTo,
    ChangeSettings,
    CountRequest,
    DeleteJob,
    Freeze,
    Grant,
    Poll,
    Record,
    RunToNextStep,
    RunUntilEnded,
    RunUntilIdle,
    SetBalance,
    SetLimits,
    SetOutcome,
    Settle,
    Submit,
    SubmitAll,
)
from mockkrea.core.consent import Consent, Presented
from mockkrea.core.consent_commands import (
    AllowClient,
    ExchangeCode,
    ExpireAccessTokens,
    IssueTokens,
    RefreshTokens,
    RevokeGrants,
    RevokeToken,
)
from mockkrea.core.fault_commands import AddFault, AddOutcome, MeetFaults, PassTime, RemoveFaults, SwitchFault
from mockkrea.core.jobs import JobError, Output, Status
from mockkrea.core.library_commands import (
    CreateMoodboard,
    DeleteMoodboard,
    DeleteStyle,
    MakeShareLink,
    ShareStyle,
    UnshareStyle,
    UpdateMoodboard,
    UpdateStyle,
)
from mockkrea.core.matching import Adapter, RuleSubject
from mockkrea.core.money import Unit
from mockkrea.core.outbox import Attempt
from mockkrea.core.outbox_commands import GiveUpAttempts, RecordAttempt, Resend, TakeDeliveries
from mockkrea.core.rule_reading import read_fault, read_outcome
from tests.making import START_US, a_training, an_order

ONE_OF_EACH: list[Command[Any]] = [
    Settle("j1"),
    Submit(an_order(input={"prompt": "é", "styles": [{"id": "s", "strength": -0.5}], "seed": None})),
    DeleteJob(workspace_id="w", job_id="j1", refuse_finished=True),
    Poll(("j1", "j2")),
    SetOutcome(job_id="j1", status=Status.FAILED, error=JobError("nsfw")),
    SetOutcome(job_id="j1", status=Status.COMPLETED, result={"urls": [{"type": "model", "url": "x"}]}),
    Grant(workspace_id="w", amounts={Unit.USD: 1}, memo="m"),
    SetBalance(workspace_id="w", amounts={Unit.COMPUTE_UNITS: 1}),
    SetLimits(workspace_id="w", changes={"concurrency": None, "backlog": 3}),
    ChangeSettings({"speed": "2.5"}),
    CountRequest("w", "j1"),
    Freeze(True),
    Advance(5),
    AdvanceTo(START_US),
    RunUntilEnded("j1"),
    RunUntilIdle(),
    RunToNextStep(),
    AddAsset(
        workspace_id="w",
        person_id="ada",
        blob="00ff",
        mime_type="video/mp4",
        extension="mp4",
        size_bytes=5,
        width=640,
        duration_us=1_000_000,
        description="é",
    ),
    DeleteAsset(workspace_id="w", asset_id="a1"),
    GiveUpAttempts(),
    TakeDeliveries(16),
    RecordAttempt("d1", Attempt(at_us=START_US, duration_us=7, status=500)),
    Resend("d1"),
    SubmitAll((a_training(), an_order()._replace(outputs=(Output("poster", "/p", 3, 4),)))),
    UpdateStyle(person_id="ada", style_id="s", public=False, urls=("u",)),
    DeleteStyle(person_id="ada", style_id="s"),
    MakeShareLink(person_id="ada", style_id="s"),
    ShareStyle(person_id="ada", workspace_id="w", style_id="s"),
    UnshareStyle(person_id="ada", workspace_id="w", style_id="s"),
    CreateMoodboard(workspace_id="w", image_urls=("u", "v"), name="é"),
    UpdateMoodboard(workspace_id="w", moodboard_id="m", name="n"),
    DeleteMoodboard(workspace_id="w", moodboard_id="m"),
    AddFault(
        read_fault({"when": {"adapter": "rest"}, "then": {"status": 500, "body": {"a": [1]}}, "times": 1})
    ),
    AddOutcome(read_outcome({"when": {"prompt": "é"}, "then": {"seconds": 1.5, "empty": True}})),
    RemoveFaults("f1"),
    SwitchFault("f1", on=False),
    MeetFaults(RuleSubject(adapter=Adapter.FILES, method="GET", path="/files/é")),
    PassTime(5),
    AllowClient(
        consent=Consent(client_id="c", person_id="ada", workspace_id="studio"),
        redirect_uri="http://localhost/callback",
        challenge="x",
    ),
    ExchangeCode(Presented("oac_1", "c", "http://localhost/callback", "v")),
    RefreshTokens(refresh_token="ort_1", client_id="c", scope="email"),
    RevokeToken(token="oat_1"),
    IssueTokens(consent=Consent(client_id=None, person_id="ada", workspace_id=None), access_life_us=5),
    ExpireAccessTokens("oat_1"),
    ExpireAccessTokens(session="g1"),
    RevokeGrants(),
]


@pytest.mark.parametrize("command", ONE_OF_EACH, ids=lambda command: type(command).__name__)
def test_a_record_of_every_command_reads_back_as_itself_from_json(command: Command[Any]) -> None:
    record = Record(START_US, command)

    assert Record.from_data(json.loads(json.dumps(record.as_data()))) == record


def test_every_command_there_is_stands_in_the_registry_and_in_this_list() -> None:
    # By their names: `slots=True` makes each class a second time, and the first may still be about.
    ours = {kind.__name__ for kind in Command.__subclasses__() if kind.__module__.startswith("mockkrea.")}

    assert set(COMMANDS) == ours
    assert {type(command).__name__ for command in ONE_OF_EACH} == ours
