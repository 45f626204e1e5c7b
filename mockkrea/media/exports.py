"""The mesh of a sculpture in the formats of `POST /export/3d` (documented names): each a zip archive.

| format | holds                                                                    |
|--------|--------------------------------------------------------------------------|
| OBJ    | points, normals, triangles, and a material of colour and gloss in an MTL |
| FBX    | points, normals, triangles, one Phong material; ASCII, version 7.4       |
| STL    | triangles with their own normals; ASCII                                  |
| PLY    | points with normals and colours, triangles; ASCII                        |

No format holds animation, textures or metalness. Blender reads binary FBX only; the FBX SDK, Assimp and
Unity read this one. That the answer is a zip of these is ASSUMED: Krea documents a URL and no more.
Bytes are equal for equal arguments.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable

from mockkrea.media.fbx import fbx
from mockkrea.media.mesh import Mesh, face_normal, mesh_for, unit
from mockkrea.media.sculpture import Export, ExportFormat

NAME = "sculpture"
# A zip entry has a date; the first that it can have is no date.
NO_DATE = (1980, 1, 1, 0, 0, 0)


def render(export: Export) -> bytes:
    """The zip archive of an export."""
    return exported(mesh_for(export.prompt, export.seed, export.triangles_max), export.format)


def exported(mesh: Mesh, format: ExportFormat) -> bytes:
    """A zip archive with the mesh as `sculpture.obj` (and `.mtl`), `.fbx`, `.stl` or `.ply`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix, text in FILES[format](mesh).items():
            archive.writestr(zipfile.ZipInfo(f"{NAME}.{suffix}", NO_DATE), text, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _obj(mesh: Mesh) -> dict[str, str]:
    lines = [f"mtllib {NAME}.mtl", f"o {NAME}", f"usemtl {mesh.palette.name}"]
    lines += [f"v {_numbers(point)}" for point in mesh.points]
    lines += [f"vn {_numbers(normal)}" for normal in mesh.normals]
    lines += ["f " + " ".join(f"{at + 1}//{at + 1}" for at in triangle) for triangle in mesh.triangles]
    material = [
        f"newmtl {mesh.palette.name}",
        f"Kd {_numbers(mesh.colour)}",
        f"Ks {_numbers([1 - mesh.roughness] * 3)}",
        f"Ns {mesh.shininess:g}",
        "illum 2",
    ]
    return {"obj": _text(lines), "mtl": _text(material)}


def _stl(mesh: Mesh) -> dict[str, str]:
    lines = [f"solid {NAME}"]
    for triangle in mesh.triangles:
        corners = [mesh.points[at] for at in triangle]
        lines += [f"facet normal {_numbers(unit(*face_normal(*corners)))}", "outer loop"]
        lines += [f"vertex {_numbers(corner)}" for corner in corners]
        lines += ["endloop", "endfacet"]
    return {"stl": _text([*lines, f"endsolid {NAME}"])}


def _ply(mesh: Mesh) -> dict[str, str]:
    lines = ["ply", "format ascii 1.0", f"element vertex {len(mesh.points)}"]
    lines += [f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz")]
    lines += [f"property uchar {name}" for name in ("red", "green", "blue")]
    lines += [f"element face {len(mesh.triangles)}", "property list uchar int vertex_indices", "end_header"]
    colour = " ".join(map(str, mesh.palette.tones[mesh.tone]))
    lines += [
        f"{_numbers(point)} {_numbers(normal)} {colour}"
        for point, normal in zip(mesh.points, mesh.normals, strict=True)
    ]
    lines += [f"3 {' '.join(map(str, triangle))}" for triangle in mesh.triangles]
    return {"ply": _text(lines)}


def _numbers(numbers: Iterable[float]) -> str:
    return " ".join(f"{number:.6f}" for number in numbers)


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


FILES: dict[ExportFormat, Callable[[Mesh], dict[str, str]]] = {
    ExportFormat.OBJ: _obj,
    ExportFormat.FBX: lambda mesh: {"fbx": fbx(mesh)},
    ExportFormat.STL: _stl,
    ExportFormat.PLY: _ply,
}
