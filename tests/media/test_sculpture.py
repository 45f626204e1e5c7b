"""3D models, their pictures and their exports, read back by readers that are not ours."""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy
import pytest
import trimesh
import ufbx
from PIL import Image

from mockkrea.media import model3d, preview
from mockkrea.media.art.palettes import PALETTES, Palette
from mockkrea.media.exports import exported
from mockkrea.media.media_file import Provenance
from mockkrea.media.mesh import TONES, Mesh, mesh_for
from mockkrea.media.sculpture import ExportFormat, Preview, Sculpture
from tests.asking import Json

ORIGIN: Provenance = {
    "prompt": "a brass lantern, größer 🦊 \ud83d",
    "seed": 3,
    "model": "3d/microsoft/trellis-2",
    "owner_id": "0424f602-2999-4d0c-a46e-39cbf0ef384b",
}
LANTERN = Sculpture(**ORIGIN)
LOADABLE = [each for each in ExportFormat if each is not ExportFormat.FBX]


def luminance(colour: Iterable[float]) -> float:
    """WCAG's, by a gamma of 2.2."""
    red, green, blue = (math.pow(channel / 255, 2.2) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return mesh_for("a brass lantern", 3)


def loaded(content: bytes, kind: str) -> Json:
    return trimesh.load(io.BytesIO(content), file_type=kind, force="mesh", process=kind == "stl")


def unzipped(mesh: Mesh, format: ExportFormat) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(exported(mesh, format))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("seed", range(6))
def test_a_model_is_one_closed_surface_that_faces_outwards(seed: int) -> None:
    shape = loaded(model3d.render(replace(LANTERN, seed=seed)), "glb")

    assert shape.is_watertight
    assert shape.is_winding_consistent
    assert shape.euler_number == 2
    # Triangles that faced inwards would enclose less than nothing.
    assert shape.volume > 1
    assert 1.5 < shape.extents[1] < 3


def test_a_model_has_the_normals_of_its_mesh_and_they_point_outwards() -> None:
    mesh = mesh_for(LANTERN.prompt, LANTERN.seed)
    scene: Any = trimesh.load(io.BytesIO(model3d.render(LANTERN)), file_type="glb", process=False)
    [shape] = scene.geometry.values()
    normals = shape.vertex_normals

    # trimesh would weigh its own by angles, not by areas.
    assert normals == pytest.approx(numpy.array(mesh.normals), abs=1e-6)
    assert (normals**2).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert ((normals[shape.faces[:, 0]] * shape.face_normals).sum(axis=1) > 0).mean() > 0.99


def test_a_model_has_a_material_in_a_colour_of_its_palette(mesh: Mesh) -> None:
    material = loaded(model3d.render(LANTERN), "glb").visual.material

    assert material.name
    assert 0 <= material.metallicFactor <= 1
    assert 0.2 < material.roughnessFactor < 0.7
    assert material.baseColorFactor[3] in (1, 255)


def test_a_model_tells_prompt_job_model_and_seed_in_its_asset() -> None:
    content = model3d.render(LANTERN)
    magic, version, length, size, kind = struct.unpack("<4sIII4s", content[:20])
    about = json.loads(content[20 : 20 + size])["asset"]

    assert (magic, version, length, kind) == (b"glTF", 2, len(content), b"JSON")
    assert about["version"] == "2.0"
    assert about["extras"] == {
        "prompt": "a brass lantern, größer 🦊 ?",
        "seed": "3",
        "model": LANTERN.model,
        "job_id": LANTERN.owner_id,
    }


def test_every_chunk_of_a_model_begins_at_a_multiple_of_four_bytes() -> None:
    for length in range(1, 6):
        content = model3d.render(replace(LANTERN, prompt="x" * length))

        assert len(content) % 4 == struct.unpack("<I", content[12:16])[0] % 4 == 0


def test_equal_sculptures_are_equal_bytes_and_another_seed_is_another_shape() -> None:
    assert model3d.render(LANTERN) == model3d.render(LANTERN)
    assert mesh_for("a", 1).points != mesh_for("a", 2).points
    assert mesh_for("a", 1).points != mesh_for("b", 1).points


def test_a_preview_is_a_picture_of_the_model_with_its_words() -> None:
    picture = Image.open(io.BytesIO(preview.render(Preview(**ORIGIN))))
    picture.load()

    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (1024, 1024))
    assert picture.info["job_id"] == LANTERN.owner_id
    assert picture.info["prompt"] == "a brass lantern, größer 🦊 ?"
    # The ground is at the edge, the sculpture in the middle: many shades of one colour.
    middle = picture.crop((400, 300, 600, 500)).getcolors(100_000)
    assert middle is not None
    assert len(middle) > 30
    assert picture.getpixel((5, 5)) not in {colour for _, colour in middle}


def test_another_seed_is_another_preview_and_the_same_seed_the_same() -> None:
    small = Preview(**ORIGIN, side=128)

    assert preview.render(small) == preview.render(small)
    assert preview.render(small) != preview.render(replace(small, seed=4))


@pytest.mark.parametrize("side", [1, 16, 100])
def test_a_preview_of_any_size_can_be_drawn(side: int) -> None:
    assert Image.open(io.BytesIO(preview.render(Preview(**ORIGIN, side=side)))).size == (side, side)


@pytest.mark.parametrize(("limit", "faces"), [(1000, 960), (100, 80), (1, 24), (9023, 8648), (10**6, 9024)])
def test_a_model_has_no_more_faces_than_it_may_but_at_least_24(limit: int, faces: int) -> None:
    shape = loaded(model3d.render(replace(LANTERN, triangles_max=limit)), "glb")

    assert len(shape.faces) == faces
    assert shape.is_watertight
    assert shape.euler_number == 2
    assert shape.volume > 0.5


@pytest.mark.parametrize("seed", [7, 196, 241])  # the latter are the highest and the widest of the first 300
def test_nothing_of_a_sculpture_or_its_shadow_is_cut_off(seed: int) -> None:
    with Image.open(
        io.BytesIO(preview.render(replace(Preview(**ORIGIN), prompt="a chair", seed=seed)))
    ) as image:
        scene = image.crop((0, 0, 1024, 915))

    ground = preview.backdrop(mesh_for("a chair", seed))
    edges = [
        scene.crop(box)
        for box in ((0, 0, 1024, 8), (0, 907, 1024, 915), (0, 0, 8, 915), (1016, 0, 1024, 915))
    ]
    assert [edge.getcolors() for edge in edges] == [[(edge.width * edge.height, ground)] for edge in edges]


@pytest.mark.parametrize("format", LOADABLE)
def test_an_export_holds_the_same_closed_surface(mesh: Mesh, format: ExportFormat) -> None:
    files = unzipped(mesh, format)
    kind = format.lower()

    shape = loaded(files[f"sculpture.{kind}"], kind)

    original = trimesh.Trimesh(mesh.points, mesh.triangles, process=False)
    assert shape.is_watertight
    assert len(shape.faces) == len(mesh.triangles)
    assert shape.volume == pytest.approx(original.volume, rel=1e-4)


def test_an_obj_comes_with_its_material(mesh: Mesh) -> None:
    files = unzipped(mesh, ExportFormat.OBJ)
    lines = files["sculpture.mtl"].decode().splitlines()

    assert list(files) == ["sculpture.obj", "sculpture.mtl"]
    assert b"mtllib sculpture.mtl" in files["sculpture.obj"]
    assert [float(each) for each in lines[1].split()[1:]] == pytest.approx(mesh.colour, abs=1e-5)


def test_a_ply_has_the_colour_of_the_material(mesh: Mesh) -> None:
    shape = loaded(unzipped(mesh, ExportFormat.PLY)["sculpture.ply"], "ply")

    assert tuple(shape.visual.vertex_colors[0][:3]) == mesh.palette.tones[mesh.tone]


def test_an_fbx_is_read_without_a_warning_and_holds_the_same_triangles(mesh: Mesh) -> None:
    [content] = unzipped(mesh, ExportFormat.FBX).values()

    scene = ufbx.load_memory(content)

    [shape] = scene.meshes
    assert not list(scene.metadata.warnings)
    assert (shape.num_vertices, shape.num_faces) == (len(mesh.points), len(mesh.triangles))
    assert shape.num_triangles == len(mesh.triangles)
    assert [material.name for material in scene.materials] == [mesh.palette.name]


@pytest.mark.parametrize("format", ExportFormat)
def test_equal_meshes_are_equal_archives(mesh: Mesh, format: ExportFormat) -> None:
    assert exported(mesh, format) == exported(mesh, format)


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
@pytest.mark.parametrize("tone", TONES)
def test_a_sculpture_stands_out_from_its_ground(mesh: Mesh, palette: Palette, tone: int) -> None:
    ground = preview.backdrop(replace(mesh, palette=palette, tone=tone))
    shaded = [channel * 3 / 4 for channel in palette.tones[tone]]

    dark, light = sorted((luminance(ground), luminance(shaded)))

    assert (light + 0.05) / (dark + 0.05) >= 2


def test_the_picture_has_that_ground() -> None:
    dim = 33  # navy, of a palette whose ground is navy
    picture = Preview(**(ORIGIN | {"prompt": "a ship", "seed": dim}), side=200)

    with Image.open(io.BytesIO(preview.render(picture))) as image:
        corner = image.getpixel((1, 1))

    assert corner == preview.backdrop(mesh_for("a ship", dim)) != mesh_for("a ship", dim).palette.tones[0]
