"""A sculpture as a binary glTF 2.0 file: one mesh with normals and a PBR material, metadata in asset.extras.

Source of the layout: the glTF 2.0 specification of the Khronos Group, sections 3.6 (geometry), 3.9
(materials) and 4 (GLB). Bytes are equal for equal sculptures.
"""

from __future__ import annotations

import json
import struct
from itertools import chain

from mockkrea.media.media_file import SOFTWARE, metadata_fields, storable
from mockkrea.media.mesh import Mesh, Vector, mesh_for
from mockkrea.media.sculpture import Sculpture

MAGIC, VERSION = b"glTF", 2
JSON_CHUNK, BINARY_CHUNK = b"JSON", b"BIN\0"
FLOAT, UNSIGNED_SHORT = 5126, 5123
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963


def render(sculpture: Sculpture) -> bytes:
    """GLB bytes: a closed mesh about 2 units high, y up."""
    mesh = mesh_for(sculpture.prompt, sculpture.seed, sculpture.triangles_max)
    parts = (_floats(mesh.points), _floats(mesh.normals), _indices(mesh))
    described = _description(mesh, [len(part) for part in parts])
    described["asset"] = {
        "version": "2.0",
        "generator": SOFTWARE,
        "extras": {"prompt": storable(sculpture.prompt), **metadata_fields(sculpture)},
    }
    text = json.dumps(described, separators=(",", ":")).encode()
    chunks = _chunk(JSON_CHUNK, text, b" ") + _chunk(BINARY_CHUNK, b"".join(parts), b"\0")
    return struct.pack("<4sII", MAGIC, VERSION, 12 + len(chunks)) + chunks


def _description(mesh: Mesh, lengths: list[int]) -> dict[str, object]:
    ends = [sum(lengths[: index + 1]) for index in range(len(lengths))]
    targets = (ARRAY_BUFFER, ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER)
    views = [
        {"buffer": 0, "byteOffset": end - length, "byteLength": length, "target": target}
        for end, length, target in zip(ends, lengths, targets, strict=True)
    ]
    vectors = {"componentType": FLOAT, "count": len(mesh.points), "type": "VEC3"}
    columns = [_as_stored(column) for column in zip(*mesh.points, strict=True)]
    return {
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "sculpture"}],
        "meshes": [
            {"primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1}, "indices": 2, "material": 0}]}
        ],
        "materials": [_material(mesh)],
        "accessors": [
            {"bufferView": 0, **vectors, "min": list(map(min, columns)), "max": list(map(max, columns))},
            {"bufferView": 1, **vectors},
            {
                "bufferView": 2,
                "componentType": UNSIGNED_SHORT,
                "count": 3 * len(mesh.triangles),
                "type": "SCALAR",
            },
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": ends[-1]}],
    }


def _material(mesh: Mesh) -> dict[str, object]:
    return {
        "name": mesh.palette.name,
        "pbrMetallicRoughness": {
            "baseColorFactor": [*_linear(mesh.colour), 1.0],
            "metallicFactor": mesh.metallic,
            "roughnessFactor": mesh.roughness,
        },
    }


def _linear(colour: Vector) -> list[float]:
    """The light of sRGB values (IEC 61966-2-1)."""
    return [
        round(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4, 6) for share in colour
    ]


def _floats(vectors: tuple[tuple[float, float, float], ...]) -> bytes:
    return struct.pack(f"<{3 * len(vectors)}f", *chain.from_iterable(vectors))


def _indices(mesh: Mesh) -> bytes:
    return struct.pack(f"<{3 * len(mesh.triangles)}H", *chain.from_iterable(mesh.triangles))


def _as_stored(numbers: tuple[float, ...]) -> tuple[float, ...]:
    """Round to the 32 bits of the file: bounds must be those of what is in it."""
    return struct.unpack(f"<{len(numbers)}f", struct.pack(f"<{len(numbers)}f", *numbers))


def _chunk(kind: bytes, content: bytes, padding: bytes) -> bytes:
    content += padding * (-len(content) % 4)
    return struct.pack("<I4s", len(content), kind) + content
