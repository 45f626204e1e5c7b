"""Which media a field takes: its name says so. Krea's schemas only call them URIs, so all of this is ASSUMED.

Of the names in a JSON pointer the innermost one that says something counts: `video_reference` in
`/video_reference/url`, `images` in `/element_references/0/images/1`. Where none does, as the fields of a
node app may be called anything, every medium is taken.
"""

from __future__ import annotations

from mockkrea.core.assets import Medium

# What a word of a name says.
BY_WORD = {
    "image": Medium.IMAGE,
    "images": Medium.IMAGE,
    "video": Medium.VIDEO,
    "videos": Medium.VIDEO,
    "audio": Medium.AUDIO,
    "audios": Medium.AUDIO,
}

# Names without such a word.
BY_NAME = {
    "asset_url": (Medium.IMAGE, Medium.VIDEO),  # an effect's
    "cover_url": (Medium.IMAGE,),  # a style's
    "mask_url": (Medium.IMAGE,),
    "reference_uri": (Medium.IMAGE,),  # of an enhancer of images
    "references": (Medium.IMAGE,),  # their type can only be "image"
    "style_references": (Medium.IMAGE,),
    "urls": (Medium.IMAGE,),  # what a style is trained from
}

FORMATS = {
    Medium.IMAGE: "images (JPEG, PNG, WebP, HEIC)",
    Medium.VIDEO: "videos (MP4, MOV, WebM)",
    Medium.AUDIO: "sounds (WAV, MP3)",
    Medium.MODEL: "3D models (GLB)",
}


def media_taken_at(pointer: str) -> tuple[Medium, ...]:
    """The media that the field at this JSON pointer takes."""
    for name in reversed(pointer.split("/")):
        said = BY_NAME.get(name) or tuple(BY_WORD[word] for word in name.split("_") if word in BY_WORD)
        if said:
            return said
    return tuple(Medium)


def in_words(media: tuple[Medium, ...]) -> str:
    """These media with their formats, for a refusal."""
    return " or ".join(FORMATS[medium] for medium in media)
