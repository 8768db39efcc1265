"""The command line: help that teaches, exit codes, and errors of one line."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import fakeengage as fe
from fakeengage.cli import main
from standin import make_result

COMMANDS = (
    *("run", "simulate", "inject", "features", "train", "calibrate", "evaluate", "score", "explain"),
    *("validate", "monitor", "serve", "config"),
)
HEAVY = {
    "pandas",
    "sklearn",
    "pyarrow",
    "matplotlib",
    "torch",
    "numba",
    "shap",
    "scipy",
    "pydantic",
    "rich",
    "yaml",
}


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """A long table of four accounts with a rhythm."""
    frame = make_result(4, 1, unjudged=0).panel.to_frame()
    frame["account_id"] = frame["account_id"].map(
        {a: f"post-{i}" for i, a in enumerate(frame["account_id"].unique())}
    )
    frame.to_csv(tmp_path / "posts.csv", index=False)
    return tmp_path / "posts.csv"


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Stands in for `fakeengage.score`: made-up verdicts on the panel, and a record of how it was called."""
    seen: dict[str, object] = {}

    def score(
        panel: object,
        model: object = None,
        fdr: float = 0.05,
        *,
        policy: object = None,
        threads: int | None = None,
    ) -> object:
        seen.update(panel=panel, model=model, fdr=fdr, policy=policy, threads=threads)
        result = make_result(4, 1, unjudged=0)
        result.panel = panel  # type: ignore[assignment]
        names = dict(zip(result.accounts["account_id"], panel.account_ids, strict=True))  # type: ignore[attr-defined]
        for frame in (result.accounts, result.windows, result.cohorts):
            frame["account_id"] = frame["account_id"].map(names)
        result.summary["fdr"] = fdr
        rule = policy or fe.Policy("fdr", fdr)
        result.summary["policy"] = {"kind": rule.kind, "value": rule.value, "words": str(rule)}
        return result

    monkeypatch.setattr(fe, "score", score, raising=False)
    return seen


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    text = capsys.readouterr().err
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    return text.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_or_its_state(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"fakeengage {command}" in text
    assert "Example" in text or "Not available in this version" in text
    assert "\b" not in text


def test_help_lists_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    listed = re.findall(r"(?m)^  ([a-z]+)  +[A-Z]", text.split("Commands:")[1])
    assert tuple(listed) == COMMANDS
    assert "..." not in text.split("Commands:")[1]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"fakeengage {fe.__version__}\n"


@pytest.mark.parametrize("code", ["import fakeengage", "from fakeengage.cli import main; main(['--help'])"])
def test_import_and_help_load_nothing_heavy(code: str) -> None:
    watched = HEAVY | {"numpy"}
    code = f"import sys; {code}; print(sorted({{m.split('.')[0] for m in sys.modules}} & set({watched!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["scor"], "No such command 'scor'. Did you mean 'score'?; see fakeengage --help"),
        (["score"], "fakeengage score: Missing argument"),
        (["score", "x.csv"], "Missing option '--out'"),
        (["score", "x.csv", "--out", "o", "--fdrr", "1"], "No such option: --fdrr"),
        (["score", "x.csv", "--out", "o", "--fdr", "a"], "Invalid value for '--fdr'"),
        (
            ["score", "x.csv", "--out", "o", "--fdr", "7"],
            "score.fdr: 7.0 is not allowed; should be less than 1",
        ),
        (["score", "x.csv", "--out", "o", "--format", "xml"], "should be 'csv', 'parquet' or 'json'"),
        (["score", "x.csv", "--out", "o", "--columns", "views"], "--columns: 'views' is not of the form"),
        (
            ["score", "x.csv", "--out", "o", "--set", "score.fd=1"],
            "score.fd is not a setting; did you mean fdr?",
        ),
        (["score", "x.csv", "--out", "o", "--config", "no.yaml"], "no.yaml: no such file"),
        (["simulate", "--out", "o", "--n-users", "0"], "Invalid value for '--n-users'"),
        (["simulate", "--out", "o", "--like", "x"], "x: no such file or folder"),
        (["features"], "or --list"),
        (["features", "x.csv", "--out", "f.xlsx"], "format: 'xlsx' is not known"),
        (["features", "--list", "--format", "xml"], "--format: 'xml' is not known"),
        (["features", "x.csv", "--out", "f.csv", "--format", "csv"], "--format: goes with --list"),
        (["features", "x.csv", "--out", "f.csv", "--families", "bursts"], "did you mean 'burst'?"),
        (["features", "--list", "--families", ","], "--families: no name is given"),
        (["train", "x.csv", "--out", "m"], "x.csv: no such file"),
        (["simulate", "--n-users", "1000000000000", "--out", "d"], "ask for fewer, or choose another folder"),
        (["monitor", "a", "b"], f"not available in version {fe.__version__}: drift"),
        (["serve"], f"not available in version {fe.__version__}: the HTTP service"),
        (["calibrate"], "Missing option '--organic'"),
    ],
)
def test_wrong_usage_ends_with_one_line_and_2(
    words: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    line = one_line(capsys)
    assert line.startswith("fakeengage")
    assert message in line


def test_missing_file_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["score", "no such.csv", "--out", str(tmp_path / "o")]) == 2
    assert one_line(capsys) == "fakeengage score: no such.csv: no such file or folder; check the path"


@pytest.mark.parametrize(
    "content",
    [b"hello\n", b"", b"account_id,timestamp,likes\n", gzip.compress(b"account_id,timestamp" * 90)[:40]],
)
def test_bad_files_end_with_one_line_and_2(
    content: bytes, capsys: pytest.CaptureFixture[str], tmp_path: Path, judge: dict[str, object]
) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    assert main(["score", str(tmp_path / "bad.csv"), "--out", str(tmp_path / "o")]) == 2
    assert "bad.csv" in one_line(capsys)
    assert not judge


def test_out_that_cannot_be_a_folder(
    capsys: pytest.CaptureFixture[str], posts: Path, judge: dict[str, object]
) -> None:
    assert main(["score", str(posts), "--out", str(posts)]) == 2
    assert "is a file" in one_line(capsys)
    assert not judge, "the folder is checked before the work is done"


def test_score_writes_everything(
    posts: Path, judge: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    out = posts.parent / "results"
    assert main(["score", str(posts), "--out", str(out), "--fdr", "0.1", "--threads", "1"]) == 0
    names = {p.name for p in out.iterdir()}
    assert {
        "accounts.csv",
        "windows.csv",
        "cohorts.csv",
        "rejected.csv",
        "summary.json",
        "report.html",
    } <= names
    assert (judge["fdr"], judge["threads"]) == (0.1, 1)
    assert list(pd.read_csv(out / "accounts.csv")["account_id"]) == [f"post-{i}" for i in range(4)]
    assert json.loads((out / "summary.json").read_text())["fdr"] == 0.1
    text = capsys.readouterr()
    assert text.out.splitlines()[-1] == str(out / "report.html")
    assert text.err == ""
    assert main(["score", str(posts), "--out", str(out), "--config", str(out / "fakeengage.yaml")]) == 0
    assert judge["fdr"] == 0.1


@pytest.mark.usefixtures("judge")
def test_underscores_quiet_and_formats(posts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = posts.parent / "o"
    words = ["score", str(posts), "--out", str(out), "--from_events", "--format", "parquet", "--quiet"]
    assert main(words) in (
        0,
        2,
    )  # events read as such have another shape; what matters is that the option is known
    assert "No such option" not in capsys.readouterr().err
    assert main(["score", str(posts), "--out", str(out), "--format", "json", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert len(json.loads((out / "accounts.json").read_text())) == 4


@pytest.mark.usefixtures("judge")
def test_accounts_go_to_stdout(posts: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["score", str(posts), "--out", "-"]) == 0
    text = capfdbinary.readouterr().out.decode()
    assert text.startswith("account_id,score,p_value,flagged")
    assert len(text.splitlines()) == 5


@pytest.mark.usefixtures("judge")
def test_explain_draws_the_account_asked_for(posts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = posts.parent / "e"
    assert main(["explain", str(posts), "--account", "post-2", "--out", str(out)]) == 0
    assert (out / "explanation.html").read_text().count("<details") == 1
    assert [a["account_id"] for a in json.loads((out / "explanation.json").read_text())["accounts"]] == [
        "post-2"
    ]
    capsys.readouterr()
    assert main(["explain", str(posts), "--account", "pst-2", "--out", str(out)]) == 2
    assert "did you mean post-2?" in one_line(capsys)


def test_features_by_family(posts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from fakeengage.features import list_features

    out = posts.parent / "f.csv"
    assert main(["features", str(posts), "--out", str(out), "--families", "ratio, coordination"]) == 0
    frame = pd.read_csv(out)
    assert list(frame["account_id"]) == [f"post-{i}" for i in range(4)]
    metrics = fe.read_panel(posts).metrics
    wanted = [feature.name for feature in list_features(metrics, ["coordination", "ratio"])]
    assert list(frame.columns[1:]) == wanted
    assert f"{len(wanted)} features of 4 accounts" in capsys.readouterr().out


def test_registry_is_printed_for_people_and_programs(capsys: pytest.CaptureFixture[str]) -> None:
    from fakeengage.features import BATCH_FAMILIES, FAMILIES, list_features

    rows = list_features(families=(*FAMILIES, *BATCH_FAMILIES))
    assert main(["features", "--list"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["name", "family"]
    assert [line.split()[0] for line in lines] == [row.name for row in rows]
    assert main(["features", "--list", "--format", "json", "--families", "coordination"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in printed] == [row.name for row in list_features(families="coordination")]
    assert printed[0]["high_is_suspicious"] is True
    assert main(["features", "--list", "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rows) + 1


def test_errors_of_the_package_become_one_line(
    posts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(posts.parent / "o")

    def broken(error: BaseException) -> object:
        def score(*_: object, **__: object) -> None:
            raise error

        return score

    cases = {
        ValueError("model: bad\nvery bad; retrain"): (2, "fakeengage score: model: bad very bad; retrain"),
        ImportError("pip install 'fakeengage[deep]'"): (2, "fakeengage[deep]"),
        PermissionError(13, "Permission denied", "/locked/x"): (2, "/locked/x: Permission denied"),
        MemoryError(): (2, "not enough memory"),
        KeyError("views"): (70, "a fault of fakeengage"),
        KeyboardInterrupt(): (130, "interrupted"),
    }
    for error, (code, message) in cases.items():
        monkeypatch.setattr(fe, "score", broken(error), raising=False)
        assert main(["score", str(posts), "--out", out]) == code
        assert message in one_line(capsys)
    monkeypatch.setattr(fe, "score", broken(ValueError("with traceback")), raising=False)
    for words in (
        ["--debug", "score", str(posts), "--out", out],
        ["score", str(posts), "--out", out, "--debug"],
    ):
        with pytest.raises(ValueError, match="with traceback"):
            main(words)


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m fakeengage config | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""


def test_config_prints_what_is_in_effect(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["config", "--set", "score.fdr=0.2"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"fdr: 0.2 +# false discovery rate", text)
    (tmp_path / "c.yaml").write_text(text)
    assert main(["config", str(tmp_path / "c.yaml")]) == 0
    assert capsys.readouterr().out == text


def test_the_module_runs_as_the_command_does() -> None:
    done = subprocess.run([sys.executable, "-m", "fakeengage", "serve"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("fakeengage serve: not available")
