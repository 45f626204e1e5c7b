"""Which media each field takes, over everything that is on sale."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockkrea.core.assets import Medium
from mockkrea.core.fields import Schema
from mockkrea.core.media_fields import in_words, media_taken_at
from mockkrea.data import load_catalogue, load_node_apps, load_training

# Every field for a URI in the catalogue and the trainings, by its JSON pointer; 0 is any place in a list.
TAKEN = {
    "images": """
        /back_image_url /bottom_image_url /character_reference_images/0 /element_references/0/images/0
        /end_image /image_style_references/0/url /image_url /image_urls/0 /init_image_url
        /left_front_image_url /left_image_url /mask_url /reference_images/0 /reference_images/0/url
        /reference_uri /references/0/uri /right_front_image_url /right_image_url /scene_image_url
        /start_image /style_images/0/url /style_references/0/url /top_image_url /urls/0
    """,
    "videos": """
        /edit_video /end_video /init_video /reference_videos/0 /start_video /video_reference/url /video_url
    """,
    "sounds": "/audio_url /reference_audios/0",
    "images or videos": "/effects/0/asset_url",
}


def uri_fields(schema: Schema, pointer: str = "") -> Iterator[str]:
    forms = [schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    if any(form.get("format") == "uri" for form in forms):
        yield pointer
    for form in forms:
        if "items" in form:
            yield from uri_fields(form["items"], f"{pointer}/0")
        for name, part in form.get("properties", {}).items():
            yield from uri_fields(part, f"{pointer}/{name}")


def everything_on_sale() -> set[str]:
    apps = load_node_apps().newest(person_id="ada", workspace_id="studio")
    schemas = [
        *(model.input_schema for model in load_catalogue().models),
        load_training().input_schema,
        *(version.form.input_schema for app in apps for version in app.versions),
    ]
    return {pointer for schema in schemas for pointer in uri_fields(schema)}


def test_it_is_decided_for_every_field_on_sale_which_media_it_takes() -> None:
    assert everything_on_sale() == {pointer for pointers in TAKEN.values() for pointer in pointers.split()}


@pytest.mark.parametrize("words", TAKEN)
def test_a_field_takes_what_its_name_says(words: str) -> None:
    media = {
        "images": (Medium.IMAGE,),
        "videos": (Medium.VIDEO,),
        "sounds": (Medium.AUDIO,),
        "images or videos": (Medium.IMAGE, Medium.VIDEO),
    }[words]

    assert {pointer: media_taken_at(pointer) for pointer in TAKEN[words].split()} == dict.fromkeys(
        TAKEN[words].split(), media
    )


def test_a_field_whose_name_says_nothing_takes_every_medium() -> None:
    assert media_taken_at("/source") == tuple(Medium)
    assert media_taken_at("/things/0/url") == tuple(Medium)


def test_a_refusal_names_the_formats_of_each_medium() -> None:
    assert in_words((Medium.IMAGE, Medium.VIDEO)) == (
        "images (JPEG, PNG, WebP, HEIC) or videos (MP4, MOV, WebM)"
    )
