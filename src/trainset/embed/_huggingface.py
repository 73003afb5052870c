"""An ONNX repository of Hugging Face, fetched because this person asked for it by name, and kept in this person's folder."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import IO, Any

from trainset.embed import _models, _onnx_file
from trainset.errors import BadValue, Offline, UnknownName
from trainset.store.durable import whole_file

HOST = "https://huggingface.co"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_SMALL = ("config.json", "tokenizer.json", "preprocessor_config.json")
_MODELS = ("onnx/model.onnx", "model.onnx")
_OF_SMALL = 50_000_000  # bytes
_SECONDS = 30.0  # without a byte
_BLOCK = 1 << 20


def fetched(name: str, host: str = HOST) -> Path:
    """The folder that holds the repository `owner/name`: fetched once, used without network from then on.

    Raises `BadValue` for what is no such name, `UnknownName` when there is none or no ONNX in it, `Offline` without a network.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise BadValue("this is no name of a repository", expected="hf:owner/name", got=repr(name)[:100])
    folder = _models.cache_folder() / "huggingface" / name.replace("/", "--")
    if (folder / "complete").is_file():
        return folder
    for file in _SMALL:
        _fetch(host, name, file, folder / file, _OF_SMALL)
    for file in _MODELS:
        if _fetch(host, name, file, folder / file, _onnx_file.LARGEST):
            _fetch(host, name, f"{file}_data", folder / f"{file}_data", _onnx_file.LARGEST)
            break
    else:
        raise UnknownName(
            "this repository has no ONNX model, or does not exist", where=f"{host}/{name}", expected=f"one of {', '.join(_MODELS)} in it",
            next="name a repository with a folder onnx/, or export the model and name its file",
        )  # fmt: skip
    with whole_file(folder / "complete") as marker:
        marker.write(f"{host}/{name}\n".encode())
    return folder


def _fetch(host: str, name: str, file: str, target: Path, largest: int) -> bool:
    """Whether the file is there; written when it is."""
    url = f"{host}/{name}/resolve/main/{file}"
    request = urllib.request.Request(url, headers={"User-Agent": "trainset"})  # noqa: S310  # the host is ours
    try:
        with _opener().open(request, timeout=_SECONDS) as answer:
            said = answer.headers.get("Content-Length", "")
            _require(url, int(said) if said.isdigit() else 0, largest)
            with whole_file(target) as out:
                _copy(answer, out, url, largest)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (401, 403, 404):
            return False
        raise Offline(
            "the server did not give the model", where=url, got=f"{error.code} {error.reason}"[:100]
        ) from None
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise Offline(
            "the model cannot be fetched: there is no network, or the server does not answer", where=url,
            got=str(getattr(error, "reason", error))[:200],
            next="copy the repository's folder here by other means, and name its path as the embedder",
        ) from None  # fmt: skip
    return True


def _copy(answer: IO[bytes], out: IO[bytes], url: str, largest: int) -> None:
    done = 0
    while block := answer.read(_BLOCK):
        done += len(block)
        _require(url, done, largest)
        out.write(block)


def _require(url: str, size: int, largest: int) -> None:
    if size > largest:
        raise BadValue(
            "this model is too large", where=url, expected=f"at most {largest:,} bytes", got=f"{size:,} or more"
        )


class _OnlyTls(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https alone: large files lie on other hosts, but none is fetched in clear."""

    def redirect_request(self, request: Any, *more: Any) -> Any:
        url = more[-1]
        if urllib.parse.urlsplit(url).scheme != "https":
            raise Offline("the server leads to an address without encryption", where=str(url)[:200])
        return super().redirect_request(request, *more)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_OnlyTls())
