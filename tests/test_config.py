"""Settings: the printed file is the default, and mistakes are named with their remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from fakeengage.config import Config, load_config, parse_setting, to_yaml, write_config


def test_the_printed_configuration_is_the_default_with_a_comment_per_field() -> None:
    text = to_yaml()
    assert Config.model_validate(yaml.safe_load(text)) == Config()
    fields = [line for line in text.splitlines() if re.match(r"  \w+:", line)]
    sections = [type(getattr(Config(), name)) for name in Config.model_fields]
    assert len(fields) == sum(len(section.model_fields) for section in sections)
    assert all(re.search(r"  # \w", line) for line in fields)


def test_a_file_may_leave_fields_and_sections_out(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("\ufeffscore:\n  fdr: 0.1\nsimulate:\n")
    config = load_config(file)
    assert config.score.fdr == 0.1
    assert config.simulate == Config().simulate
    file.write_text("")
    assert load_config(file) == Config()


def test_the_line_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("score: {fdr: 0.1, threads: 2}\n")
    config = load_config(file, {"score.fdr": 0.2, "score.threads": None})
    assert (config.score.fdr, config.score.threads) == (0.2, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("score: {fdrs: 0.1}", "score.fdrs is not a setting; did you mean fdr?"),
        ("scores: {fdr: 0.1}", "scores is not a setting; did you mean score?"),
        ("score: {zzz: 1}", "score.zzz is not a setting; known: model, fdr, format, threads"),
        ("score: {fdr: 2}", "score.fdr: 2 is not allowed; should be less than 1"),
        ("score: {fdr: [1]}", r"score.fdr: \[1\] is not allowed"),
        ("score: {format: xml}", "score.format: 'xml' is not allowed; should be 'csv', 'parquet' or 'json'"),
        ("score: 3", "score: 3 is not a section"),
        ("- a\n- b", "holds no sections"),
        ("score: {fdr: 1", "line 1: is not YAML"),
    ],
)
def test_mistakes_are_named_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        load_config(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not UTF-8"):
        load_config(tmp_path / "c.yaml")


def test_settings_of_the_line() -> None:
    assert parse_setting("score.fdr=0.1") == ("score.fdr", 0.1)
    assert parse_setting("simulate.n-users=20") == ("simulate.n_users", 20)
    assert parse_setting("score.model=a=b") == ("score.model", "a=b")
    assert parse_setting("reading.columns={views: plays}") == ("reading.columns", {"views": "plays"})
    for bad in ("score.fdr", "fdr=1"):
        with pytest.raises(ValueError, match=r"section\.key=value"):
            parse_setting(bad)


def test_written_settings_make_the_same_run_again(tmp_path: Path) -> None:
    config = load_config(
        None, {"simulate.seed": 9, "reading.columns": {"views": "plays: all"}, "score.model": "a b"}
    )
    assert load_config(write_config(config, tmp_path)) == config


def test_training_never_uses_the_accounts_that_are_judged() -> None:
    spec = load_config(None, {"simulate.seed": 5, "simulate.preset": "evasive"}).training_spec()
    assert (spec["seed"], spec["preset"]) == (6, "evasive")
    with pytest.raises(ValueError, match="not judged"):
        load_config(None, {"simulate.seed": 5, "train.seed": 5}).training_spec()


def test_only_changed_reading_options_are_passed_on() -> None:
    assert Config().reading_options() == {}
    assert load_config(None, {"reading.counts": "cumulative"}).reading_options() == {"counts": "cumulative"}
