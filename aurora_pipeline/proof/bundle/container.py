"""A bundle as a folder and as a zip: the same files, the same bytes for equal content."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aurora_pipeline.proof.errors import BundleInTheWay

_DATE: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o644 << 16


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip: in the order of their names, with one date, for everybody to read."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, _MODE, 3
            archive.writestr(info, files[name])
    return buffer.getvalue()


def write_bundle(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write the folder, and beside it the zip, whose path is returned. Nothing that is there is changed."""
    archive = folder.with_name(f"{folder.name}.zip")
    for place in (folder, archive):
        if place.exists() and not (place.is_dir() and not any(place.iterdir())):
            raise BundleInTheWay(
                f"{place} is there already; nothing was written", "name a folder that is not there yet"
            )
    packed = zip_bytes(files)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    archive.write_bytes(packed)
    return archive
