"""Files that are two things at once: a picture for us, an archive or a document for somebody else."""

from __future__ import annotations

from mockkrea.media.probe.source import Source, Unreadable

# Readers of PDF look for its header in the first KiB; an archive's end record is the file's last bytes, but
# for a comment of up to 64 KiB whose length it tells.
PDF_WITHIN = 1024
ZIP_END = b"PK\x05\x06"
ZIP_END_BYTES = 22
ZIP_COMMENT_BYTES_MAX = 65_535


def check_single(source: Source) -> None:
    """Refuse a file that is a PDF or a ZIP archive (JAR, DOCX, …) besides.

    Raises:
        Unreadable: it is.
    """
    if b"%PDF-" in source.head(PDF_WITHIN):
        raise Unreadable("it is a PDF document as well")
    tail = source.tail(ZIP_END_BYTES + ZIP_COMMENT_BYTES_MAX)
    at = tail.rfind(ZIP_END)
    if at >= 0:
        comment_bytes = int.from_bytes(tail[at + 20 : at + ZIP_END_BYTES], "little")
        if at + ZIP_END_BYTES + comment_bytes == len(tail):
            raise Unreadable("it is a ZIP archive as well")
