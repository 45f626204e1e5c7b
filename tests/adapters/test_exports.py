"""`POST /export/3d`: a 3D model in another format."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import pytest
from PIL import Image

from tests.asking import FLUX, IMMEDIATE, Json, Krea, MakeKrea
from tests.contract.requirements import requirement

MODEL = "3d/tripo/tripo"
INNARDS = {
    "OBJ": {"sculpture.obj", "sculpture.mtl"},
    "FBX": {"sculpture.fbx"},
    "STL": {"sculpture.stl"},
    "PLY": {"sculpture.ply"},
}


@pytest.fixture
def krea(make_krea: MakeKrea) -> Krea:
    """A mock that completes every job at once."""
    return make_krea(IMMEDIATE)


def export(krea: Krea, **body: Json) -> Json:
    return krea.ask("POST", "/export/3d", json=body)


@requirement("export:formats")
@pytest.mark.parametrize("file_format", INNARDS)
def test_a_model_can_be_fetched_in_every_format(krea: Krea, file_format: str) -> None:
    answer = export(krea, job_id=krea.submit(MODEL), file_format=file_format)

    assert answer.status_code == 200, answer.text
    file = krea.get(answer.json()["url"], key=None)
    assert (file.status_code, file.headers["content-type"]) == (200, "application/zip")
    assert set(zipfile.ZipFile(io.BytesIO(file.content)).namelist()) == INNARDS[file_format]


@requirement("export:unfinished")
def test_a_job_that_has_not_completed_is_refused_with_409(make_krea: MakeKrea) -> None:
    krea = make_krea()
    job_id = krea.submit(MODEL)

    running = export(krea, job_id=job_id, file_format="OBJ")
    krea.cancel(job_id)
    cancelled = export(krea, job_id=job_id, file_format="OBJ")

    assert (running.status_code, cancelled.status_code) == (409, 409)
    assert "queued" in running.json()["message"]
    assert "cancelled" in cancelled.json()["message"]
    assert krea.get(f"/files/exports/{job_id}.obj.zip", key=None).status_code == 404


def test_a_job_without_a_model_a_wrong_format_and_an_unknown_key_are_told_by_their_place(krea: Krea) -> None:
    picture = krea.submit(FLUX)

    with krea.unchanged():
        no_model = export(krea, job_id=picture, file_format="OBJ")
        wrong = export(krea, job_id=picture, file_format="GLTF", quality="high")

    assert (no_model.status_code, wrong.status_code) == (422, 422)
    assert [issue["path"] for issue in no_model.json()["issues"]] == ["/job_id"]
    assert {issue["path"] for issue in wrong.json()["issues"]} == {"/file_format", "/quality"}


@pytest.mark.parametrize("result", [{}, {"urls": ["https://example.com/a.glb"]}])
def test_a_job_that_made_no_model_of_ours_has_no_files_and_cannot_be_exported(
    make_krea: MakeKrea, result: Json
) -> None:
    krea = make_krea()
    job_id = krea.submit(MODEL)
    krea.outcome(job_id, status="completed", result=result)

    answer = export(krea, job_id=job_id, file_format="OBJ")

    assert answer.status_code == 422
    assert "/job_id names a job that completed without a 3D model." in answer.json()["message"]
    for path in ("models/{}.glb", "previews/{}.png", "exports/{}.obj.zip"):
        assert krea.get("/files/" + path.format(job_id), key=None).status_code == 404


def test_model_preview_and_export_heed_the_limit_of_faces(krea: Krea) -> None:
    job_id = krea.submit("3d/tripo/h3.1", seed=5, face_limit=1000.5)
    as_fine_as_it_can_be = krea.submit("3d/tripo/h3.1", seed=5)

    model, preview = (each["url"] for each in krea.job(job_id)["result"]["urls"])
    archive = export(krea, job_id=job_id, file_format="PLY").json()["url"]

    glb = krea.get(model, key=None).content
    [size] = struct.unpack("<I", glb[12:16])
    *_, indices = json.loads(glb[20 : 20 + size])["accessors"]
    ply = zipfile.ZipFile(io.BytesIO(krea.get(archive, key=None).content)).read("sculpture.ply")
    assert indices["count"] == 3 * 960
    assert b"element face 960\n" in ply
    assert scene(krea, preview) != scene(krea, f"/files/previews/{as_fine_as_it_can_be}.png")


def scene(krea: Krea, preview: str) -> bytes:
    """The pixels of a preview above its caption."""
    with Image.open(io.BytesIO(krea.get(preview, key=None).content)) as image:
        return image.crop((0, 0, 1024, 900)).tobytes()


def test_anybody_elses_job_is_not_found(krea: Krea) -> None:
    job_id = krea.submit(MODEL)

    answer = krea.ask("POST", "/export/3d", key="mockkrea:lin", json={"job_id": job_id, "file_format": "OBJ"})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "name", ["{id}.obj", "{id}.gltf.zip", "{id}.OBJ.zip", "nobody.obj.zip", "{id}.obj.zip/"]
)
def test_nothing_else_lies_among_the_exports(krea: Krea, name: str) -> None:
    path = f"/files/exports/{name.format(id=krea.submit(MODEL))}"

    assert krea.get(path, key=None).status_code == 404
