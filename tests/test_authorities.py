"""The authorities that an environment names: files, folders, and what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from mockkrea.authorities import named_by


@pytest.fixture(scope="module")
def one() -> str:
    return trustme.CA(organization_name="one").cert_pem.bytes().decode()


@pytest.fixture(scope="module")
def other() -> str:
    return trustme.CA(organization_name="other").cert_pem.bytes().decode()


def test_certificates_of_all_variables_come_once_each(tmp_path: Path, one: str, other: str) -> None:
    (tmp_path / "a.pem").write_text(f"# one\n{one}{other}".replace("\n", "\r\n"))
    (tmp_path / "b.pem").write_text(one)

    named = named_by(
        {"SSL_CERT_FILE": str(tmp_path / "a.pem"), "NODE_EXTRA_CA_CERTS": str(tmp_path / "b.pem"), "X": "y"}
    )

    assert set(named.certificates) == {one, other}
    assert named.warnings == ()


def test_a_folder_is_read_and_what_is_none_of_its_certificates_passed_over(
    tmp_path: Path, one: str, other: str
) -> None:
    (tmp_path / "a.pem").write_text(one)
    (tmp_path / "b.0").write_text(other)
    (tmp_path / "gone.pem").symlink_to("/no/such/file")
    (tmp_path / "deeper").mkdir()

    named = named_by({"REQUESTS_CA_BUNDLE": str(tmp_path)})

    assert set(named.certificates) == {one, other}
    assert named.warnings == ()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "which cannot be read: No such file or directory."),
        (b"", "of whose certificates 0 of 0 can be read."),
        (b"\x00\xff", "of whose certificates 0 of 0 can be read."),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "of whose certificates 0 of 1 can be read.",
        ),
        (
            b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            "of whose certificates 0 of 1 can be read.",
        ),
    ],
)
def test_what_names_no_certificate_is_said_once(tmp_path: Path, content: bytes | None, fault: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)

    named = named_by({"SSL_CERT_FILE": str(path), "CURL_CA_BUNDLE": str(path), "REQUESTS_CA_BUNDLE": ""})

    assert named.certificates == ()
    assert named.warnings == (f"SSL_CERT_FILE names {str(path)!r}, {fault}",)


@pytest.mark.parametrize("path", ["/dev/zero", "a" * 5_000])
def test_what_is_no_file_is_not_read(path: str) -> None:
    [warning] = named_by({"SSL_CERT_FILE": path}).warnings

    assert "which cannot be read" in warning
    assert len(warning) < 400
