"""GLB, the binary form of glTF 2.0 (Khronos, section 4.4): a header, a JSON chunk, perhaps a binary one."""

from __future__ import annotations

import struct

import orjson

from mockkrea.media.probe.source import MediaInfo, Source, Unreadable

HEADER_BYTES = 12
CHUNK_HEADER_BYTES = 8
CHUNKS_MAX = 100
# A parsed description takes many times its bytes in memory; real ones have a few megabytes.
JSON_BYTES_MAX = 8_000_000


def read(source: Source) -> MediaInfo:
    """What is known of a GLB, which has neither size nor duration."""
    _, version, length = struct.unpack("<4sII", source.at(0, HEADER_BYTES))
    if version != 2:
        raise Unreadable(f"it has version {version}, not 2")
    if length != source.size:
        raise Unreadable(f"its header says {length} bytes and the file has {source.size}")
    _check_description(_description(source))
    return MediaInfo("model/gltf-binary", "glb")


def _description(source: Source) -> bytes:
    """The JSON chunk, having seen that the chunks make up the file."""
    chunks: list[tuple[bytes, int, int]] = []
    at = HEADER_BYTES
    while at < source.size and len(chunks) < CHUNKS_MAX:
        length, type = struct.unpack("<I4s", source.at(at, CHUNK_HEADER_BYTES))
        chunks.append((type, at + CHUNK_HEADER_BYTES, length))
        at += CHUNK_HEADER_BYTES + length
    if at != source.size or not chunks or chunks[0][0] != b"JSON":
        raise Unreadable("its chunks do not begin with JSON or do not fit into the file")
    _, start, length = chunks[0]
    if length > JSON_BYTES_MAX:
        raise Unreadable(f"its JSON chunk has {length} bytes; taken are up to {JSON_BYTES_MAX}")
    return source.at(start, length)


def _check_description(description: bytes) -> None:
    try:
        asset = orjson.loads(description)["asset"]
        version = asset["version"]
    except (ValueError, LookupError, TypeError) as why:
        raise Unreadable("its JSON chunk does not describe an asset") from why
    if not str(version).startswith("2."):
        raise Unreadable("its JSON chunk describes an asset of another version than 2")
