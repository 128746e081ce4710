"""Models of the Hub come without their weights: of a safetensors or GGUF file the header is fetched, by a range.

What is fetched is kept as a sparse file of the right size, in a cache of its own: in the user's cache it would
pass for the weights. What the user's cache holds is found there by links.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import gguf_files
from .executor import WeightlessKernels
from .headers import DESCRIBED, MOST_HEADER_BYTES

# A smaller file is fetched as it is.
LEAST_BYTES = 2**20
# How much is asked for at first: most headers are within it.
FIRST_BYTES = 2**18
REQUESTS_AT_ONCE = 8
# Weights behind a header.
HEADED = (".safetensors", ".gguf")
# Weights in formats of which no part can be had alone.
OPAQUE = (".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx")
MOST_OPAQUE_BYTES = 256 * 2**20


def use_own_cache(constants: Any, kernels: WeightlessKernels) -> None:
    """Has huggingface_hub keep what it fetches apart; for huggingface_hub/constants.py."""
    own = own_cache(constants.HF_HUB_CACHE, constants.ENDPOINT)
    constants.zerogpu_users_cache = constants.HF_HUB_CACHE
    constants.HF_HUB_CACHE = str(own)
    if hasattr(constants, "HUGGINGFACE_HUB_CACHE"):
        constants.HUGGINGFACE_HUB_CACHE = str(own)


def own_cache(users: str, endpoint: str) -> Path:
    """A folder for each pair of the user's cache and the Hub that fills it."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    name = hashlib.sha256(f"{users}\n{endpoint}".encode()).hexdigest()[:16]
    return Path(caches) / "zerogpu" / "headers" / name


def fetch_headers_only(downloads: Any, kernels: WeightlessKernels) -> None:
    """Replaces the download of weights; for huggingface_hub/file_download.py."""
    constants = downloads.constants
    users, own = getattr(constants, "zerogpu_users_cache", None), Path(constants.HF_HUB_CACHE)
    download = getattr(downloads, "_download_to_tmp_and_move", None)
    if users is None or download is None:
        return
    signature = inspect.signature(download)
    folder_name = downloads.repo_folder_name
    linked: set[str] = set()

    def repo_folder_name(*, repo_id: str, repo_type: str) -> str:
        name: str = folder_name(repo_id=repo_id, repo_type=repo_type)
        if name not in linked:
            linked.add(name)
            link_repository(Path(users) / name, own / name)
        return name

    def download_header(*args: Any, **kwargs: Any) -> None:
        given = signature.bind(*args, **kwargs).arguments
        name: str = given["filename"]
        size: int = given.get("expected_size") or 0
        target = Path(given["destination_path"])
        is_ours = (name.endswith(HEADED) and size > LEAST_BYTES) or (
            name.endswith(OPAQUE) and size > MOST_OPAQUE_BYTES
        )
        if not is_ours:
            download(*args, **kwargs)
            return
        if own.resolve() not in target.resolve().parents:
            raise RuntimeError(
                f"the weightless device puts no stand-in for {name} into {target.parent}: it would pass for "
                "the weights. Leave out cache_dir and local_dir, or download the model first."
            )
        if target.exists() and not given.get("force_download"):
            return
        write_stand_in(target, parts_of(downloads, name, given["url_to_download"], given["headers"]), size)

    downloads.repo_folder_name = repo_folder_name
    downloads._download_to_tmp_and_move = download_header


def link_repository(source: Path, target: Path) -> None:
    """Has a repository of one cache found in another: references as copies, files as links."""
    for file in files_below(source / "refs"):
        copy = target / "refs" / file.relative_to(source / "refs")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.read_text())
    for file in files_below(source / "snapshots"):
        link = target / "snapshots" / file.relative_to(source / "snapshots")
        link.parent.mkdir(parents=True, exist_ok=True)
        real = file.resolve()
        # What is there in full takes the place of what stood in for it.
        if link.is_symlink() and link.resolve() != real:
            link.unlink()
        if not link.is_symlink() and not link.exists():
            link.symlink_to(real)


def files_below(folder: Path) -> Iterator[Path]:
    """Files that are there, links that lead nowhere left out."""
    return (path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else iter(())


def parts_of(
    downloads: Any, name: str, url: str, headers: dict[str, str] | None
) -> dict[int, bytes]:
    """What is needed of a file with weights, by where it begins."""
    if name.endswith(".gguf"):
        return {0: gguf_header_at(downloads, url, headers)}
    if not name.endswith(".safetensors"):
        return {}
    start = header_at(downloads, url, headers)
    places = [
        (len(start) + entry["data_offsets"][0], len(start) + entry["data_offsets"][1])
        for tensor, entry in json.loads(start[8:]).items()
        if DESCRIBED in tensor
    ]
    # One request each, of a hundred bytes: a file has them between its weights.
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        found = pool.map(lambda place: read_range(downloads, url, headers, *place), places)
        return {0: start, **{begin: part for (begin, _), part in zip(places, found)}}


def header_at(downloads: Any, url: str, headers: dict[str, str] | None) -> bytes:
    """Length and header of a safetensors file behind an address."""
    start = read_range(downloads, url, headers, 0, FIRST_BYTES)
    length = 8 + int.from_bytes(start[:8], "little")
    if length - 8 > MOST_HEADER_BYTES:
        raise RuntimeError(f"{url} is no safetensors file: its header would have {length - 8} bytes")
    if length > len(start):
        start += read_range(downloads, url, headers, len(start), length)
    return start[:length]


def gguf_header_at(downloads: Any, url: str, headers: dict[str, str] | None) -> bytes:
    """The header of a GGUF file behind an address: it does not say its length, so more and more is read."""
    start = b""
    end = FIRST_BYTES
    while end <= MOST_HEADER_BYTES:
        found = read_range(downloads, url, headers, len(start), end)
        start += found
        try:
            return start[: gguf_files.header_length(start)]
        except gguf_files.TooShort:
            if len(start) < end:
                break
            end *= 4
        except ValueError as problem:
            raise RuntimeError(f"{url}: {problem}") from None
    raise RuntimeError(f"{url} is no GGUF file: its header has no end")


def read_range(downloads: Any, url: str, headers: dict[str, str] | None, start: int, end: int) -> bytes:
    """Bytes of a file, through the Hub's own client; a server that ignores ranges is left early."""
    asked = {**(headers or {}), "Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
    with open_stream(downloads, url, asked) as response:
        downloads.hf_raise_for_status(response)
        if start and response.status_code != 206:
            raise RuntimeError(f"{url}: the server gives no part of a file")
        chunks = response.iter_bytes(2**16) if hasattr(response, "iter_bytes") else response.iter_content(2**16)
        found = b""
        for chunk in chunks:
            found += chunk
            if len(found) >= end - start:
                break
    return found[: end - start]


def open_stream(downloads: Any, url: str, headers: dict[str, str]) -> Any:
    """An answer that is read piece by piece: releases before 1.0 are built on requests."""
    stream = getattr(downloads, "http_stream_backoff", None)
    if stream is not None:
        return stream("GET", url, headers=headers)
    return downloads.get_session().get(url, headers=headers, stream=True)


def write_stand_in(target: Path, parts: dict[int, bytes], size_bytes: int) -> None:
    """A file of the right size with some parts of the real one, by where they begin, and holes for the rest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    with open(unfinished, "wb") as file:
        for begin, part in parts.items():
            file.seek(begin)
            file.write(part)
        file.truncate(size_bytes)
    unfinished.rename(target)
