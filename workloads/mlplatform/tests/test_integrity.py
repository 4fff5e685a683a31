from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlplatform.integrity import FilesChanged, Statement, digest_of_folder, public_key_of, sign, verified

CASES = json.loads(Path(__file__).with_name("integrity_cases.json").read_text())


def folder_of(files: dict[str, str], root: Path) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_the_key_follows_from_its_secret_alone() -> None:
    assert public_key_of(CASES["seed"]) == CASES["publicKey"]
    assert public_key_of(CASES["seed"] + "x") != CASES["publicKey"]


@pytest.mark.parametrize("case", CASES["records"], ids=lambda case: case["what"])
def test_a_record_counts_for_the_version_it_was_made_of(case: dict[str, Any]) -> None:
    given = (case["record"], CASES["publicKey"], "churn", case["version"], case["registered"])
    if "refused" not in case:
        assert verified(*given).digest == case["digest"]
        return
    with pytest.raises(FilesChanged, match=case["refused"]):
        verified(*given)


def test_what_is_signed_is_what_is_read() -> None:
    said = Statement("it's a model", "12", 1, "0" * 64, 1, "registrar", "2026-01-02T03:04:05+00:00")
    assert verified(sign(said, "made-up"), public_key_of("made-up"), "it's a model", "12", 1) == said


def test_the_digest_covers_every_file_and_its_name(tmp_path: Path) -> None:
    files = CASES["folder"]["files"]
    assert digest_of_folder(folder_of(files, tmp_path / "same")) == (CASES["folder"]["digest"], 2)
    others = {
        "changed": {**files, "data/model.pkl": "other weights"},
        "added": {**files, "code/more.py": ""},
        "gone": {"MLmodel": files["MLmodel"]},
        "moved": {"MLmodel": files["MLmodel"], "data/other.pkl": files["data/model.pkl"]},
    }
    for name, changed in others.items():
        assert digest_of_folder(folder_of(changed, tmp_path / name))[0] != CASES["folder"]["digest"], name


def test_what_mlflow_adds_to_a_download_is_no_change(tmp_path: Path) -> None:
    folder = folder_of({**CASES["folder"]["files"], "registered_model_meta": "model_name: churn\n"}, tmp_path)
    assert digest_of_folder(folder) == (CASES["folder"]["digest"], 2)


def test_a_link_is_refused(tmp_path: Path) -> None:
    folder = folder_of(CASES["folder"]["files"], tmp_path / "model")
    (folder / "more.pkl").symlink_to(tmp_path)
    with pytest.raises(FilesChanged, match=r"more\.pkl is a link"):
        digest_of_folder(folder)
