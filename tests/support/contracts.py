"""Generate node/v1 from proto/, and check that what is committed is what the contracts generate.

`python -m tests.support.contracts generate|check`. `check` also runs buf's linter and its breaking-change check
against the committed image proto/image.binpb.
"""

from __future__ import annotations

import filecmp
import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
IMAGE = PROTO / "image.binpb"
SUFFIXES = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")


def generate(target: Path) -> None:
    """Write the generated modules below target/node/v1. Raises RuntimeError when protoc fails."""
    sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("node/v1/*.proto"))
    arguments = [
        "protoc",
        f"--proto_path={PROTO}",
        f"--python_out={target}",
        f"--grpc_python_out={target}",
        f"--mypy_out={target}",
        f"--mypy_grpc_out={target}",
    ]
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if protoc.main([*arguments, *sources]) != 0:
        raise RuntimeError("protoc failed")


def _generated(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(SUFFIXES))


def descriptors() -> tuple[FileDescriptor, ...]:
    """Every contract, as its generated module describes it."""
    modules = sorted(path.stem for path in (ROOT / "node/v1").glob("*_pb2.py"))
    return tuple(importlib.import_module(f"node.v1.{module}").DESCRIPTOR for module in modules)


def check() -> list[str]:
    """Return what is wrong: files that differ from the contracts, lint findings, breaking changes."""
    findings: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        fresh, committed = Path(scratch) / "node/v1", ROOT / "node/v1"
        names = sorted({*_generated(fresh), *_generated(committed)})
        _, different, missing = filecmp.cmpfiles(fresh, committed, names, shallow=False)
        findings += [f"node/v1/{name} is not what proto/ generates: run `make proto`" for name in different + missing]
    buf = str(Path(sys.executable).with_name("buf"))
    for arguments in (["lint"], ["breaking", "--against", str(IMAGE)]):
        result = subprocess.run([buf, *arguments], cwd=PROTO, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            findings += (result.stdout + result.stderr).strip().splitlines()
    return findings


def main() -> int:
    """Run `generate` or `check`."""
    if sys.argv[1:] == ["generate"]:
        for name in _generated(ROOT / "node/v1"):
            (ROOT / "node/v1" / name).unlink()
        generate(ROOT)
        return 0
    if sys.argv[1:] == ["check"]:
        findings = check()
        sys.stdout.write("".join(f"{line}\n" for line in findings) or "contracts: up to date, linted, not broken\n")
        return 1 if findings else 0
    sys.stderr.write("usage: python -m tests.support.contracts generate|check\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
