import subprocess
import sys

import pytest

from mockkrea.media.formats import ImageFormat, output_format


@pytest.mark.parametrize(
    ("named", "expected"),
    [("png", "png"), ("jpg", "jpeg"), ("jpeg", "jpeg"), ("webp", "webp"), (None, "png"), ("hdr10", "png")],
)
def test_the_output_format_field_names_the_format_and_png_is_the_rule(named: object, expected: str) -> None:
    assert output_format({"output_format": named}) == ImageFormat(expected)


def test_a_body_without_the_field_is_answered_in_png() -> None:
    assert output_format({}) is ImageFormat.PNG


def test_each_format_knows_its_media_type_and_extension() -> None:
    said = {(format.media_type, format.extension) for format in ImageFormat}

    assert said == {("image/png", "png"), ("image/jpeg", "jpg"), ("image/webp", "webp")}


def test_asking_for_sizes_and_formats_does_not_bring_pillow() -> None:
    code = "import sys, mockkrea.media.size, mockkrea.media.formats; sys.exit('PIL' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
