"""Settings of a run: every field with its meaning, checked, printed, and written beside results."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fakeengage.tables import make_folder, write_atomically

FILE_NAME = "fakeengage.yaml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class SimulateConfig(_Section):
    """Accounts that `fakeengage run` judges."""

    n_users: int = Field(default=500, ge=1, description="accounts")
    length: int = Field(default=336, ge=48, description="hours per account")
    fake_ratio: float = Field(default=0.35, ge=0, le=1, description="share of accounts that are fake, 0 to 1")
    seed: int = Field(default=0, ge=0, description="same seed, same bytes")
    preset: str = Field(default="published", description="published, realistic, evasive or blatant")
    start: str = Field(default="2024-01-01", description="first hour, ISO 8601, UTC")
    n_worlds: int = Field(
        default=1, ge=1, description="simulated platforms that the accounts are spread over"
    )


class TrainConfig(_Section):
    """Accounts that the detector of a run learns from and is calibrated on; never those that are judged."""

    n_users: int = Field(default=3000, ge=50, description="accounts")
    length: int = Field(default=336, ge=48, description="hours per account")
    fake_ratio: float = Field(default=0.35, ge=0, lt=1, description="share of accounts that are fake, 0 to 1")
    seed: int | None = Field(default=None, ge=0, description="null: one more than that of simulate")
    preset: str | None = Field(default=None, description="null: that of simulate, so that p-values hold")
    n_worlds: int = Field(
        default=1, ge=1, description="simulated platforms that the accounts are spread over"
    )


class AuditorConfig(_Section):
    """Training of a new auditor by `fakeengage train` without DATA, on simulated platforms."""

    seed: int = Field(default=1, ge=0, description="of chunks, weights, trees and folds")
    network_rounds: tuple[int, ...] = Field(
        default=(1300, 1000), description="chunks of about 1,000 accounts that the net is shown, per round"
    )
    tree_chunks: int = Field(default=48, ge=1, description="chunks that boosting is fitted on")
    calibration_chunks: int = Field(default=96, ge=1, description="chunks whose normal accounts set p-values")
    localiser_chunks: int = Field(
        default=6, ge=1, description="chunks whose fakes set hours and intervals of volumes"
    )
    width: int = Field(default=32, ge=1, description="channels inside the net")
    taps: int = Field(default=3, ge=1, description="steps that a convolution joins; odd")
    hidden: int = Field(default=64, ge=1, description="hidden units of an account's answers")
    learning_rate: float = Field(default=3e-3, gt=0, description="largest step size")
    without: tuple[str, ...] = Field(default=(), description="attacks that are never shown")


class ReadingConfig(_Section):
    """How a long table is read."""

    columns: dict[str, str] = Field(
        default={}, description="our name: your name, for columns named otherwise"
    )
    timezone: str | None = Field(default=None, description="zone of timestamps without one; null means UTC")
    counts: Literal["auto", "increments", "cumulative"] = Field(
        default="auto", description="auto, increments (new per step) or cumulative (running totals)"
    )
    gaps: Literal["missing", "zero"] = Field(
        default="missing", description="what a step without a row means: missing or zero"
    )
    resample: str | None = Field(
        default=None, description="gather irregular snapshots into steps, such as 1h; null: as read"
    )
    from_events: bool = Field(default=False, description="true where each row is one action")


class ScoreConfig(_Section):
    """How accounts are judged."""

    model: str | None = Field(
        default=None, description="folder of a trained model; null: the one that comes along"
    )
    fdr: float = Field(
        default=0.05, gt=0, lt=1, description="false discovery rate at which accounts are flagged"
    )
    format: Literal["csv", "parquet", "json"] = Field(default="csv", description="csv, parquet or json")
    threads: int | None = Field(
        default=None, ge=1, description="threads; null: all cores; results do not depend on it"
    )


class Config(_Section):
    """Everything that can be set, by section."""

    simulate: SimulateConfig = Field(default=SimulateConfig(), description=SimulateConfig.__doc__)
    train: TrainConfig = Field(default=TrainConfig(), description=TrainConfig.__doc__)
    auditor: AuditorConfig = Field(default=AuditorConfig(), description=AuditorConfig.__doc__)
    reading: ReadingConfig = Field(default=ReadingConfig(), description=ReadingConfig.__doc__)
    score: ScoreConfig = Field(default=ScoreConfig(), description=ScoreConfig.__doc__)

    def training_spec(self) -> dict[str, Any]:
        """Arguments of :func:`fakeengage.simulate` for the accounts to train on.

        Raises
        ------
        ValueError
            If they would be the very accounts that are judged.
        """
        seed = self.simulate.seed + 1 if self.train.seed is None else self.train.seed
        preset = self.train.preset or self.simulate.preset
        if (seed, preset) == (self.simulate.seed, self.simulate.preset):
            raise ValueError(f"train.seed: {seed} is that of simulate too; train on accounts not judged")
        return {**self.train.model_dump(), "seed": seed, "preset": preset, "start": self.simulate.start}

    def reading_options(self) -> dict[str, Any]:
        """Reading options that differ from their default, as :func:`fakeengage.read_panel` takes them."""
        default = ReadingConfig()
        return {k: v for k, v in self.reading.model_dump().items() if v != getattr(default, k)}


def load_config(
    path: str | os.PathLike[str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Config:
    """Settings: defaults, replaced by those of a file, replaced by `overrides`.

    Parameters
    ----------
    path
        A YAML file as ``fakeengage config`` prints it; fields may be left out.
    overrides
        ``{"score.fdr": 0.1}``; text is read as YAML reads it, ``None`` leaves the field alone.

    Raises
    ------
    ValueError
        If a key is unknown (the nearest known one is named) or a value is not allowed.
    OSError
        If the file cannot be read.
    """
    data: dict[str, Any] = {} if path is None else _read(Path(path))
    for key, value in (overrides or {}).items():
        if value is not None:
            _set(data, key, value)
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        where = "configuration" if path is None else str(path)
        raise ValueError(f"{where}: {_explain(error)}") from None


def to_yaml(config: Config | None = None) -> str:
    """`config` (left out: the default) as YAML with a comment per field."""
    config = config or Config()
    lines = ["# fakeengage.yaml: every setting with its value. Fields may be left out."]
    for name, field in Config.model_fields.items():
        section = getattr(config, name)
        lines += ["", f"# {field.description}", f"{name}:"]
        written = [
            (k, _scalar(getattr(section, k)), f.description) for k, f in type(section).model_fields.items()
        ]
        width = max(len(f"{k}: {v}") for k, v, _ in written)
        lines += [f"  {f'{k}: {v}'.ljust(width)}  # {text}" for k, v, text in written]
    return "\n".join(lines) + "\n"


def write_config(config: Config, folder: str | os.PathLike[str]) -> Path:
    """Write the settings in effect to ``fakeengage.yaml`` in `folder`."""
    path = make_folder(folder) / FILE_NAME
    write_atomically(path, to_yaml(config).encode())
    return path


def parse_setting(text: str) -> tuple[str, Any]:
    """Key and value of ``section.key=value``.

    Raises
    ------
    ValueError
        If there is no ``=`` or no section.
    """
    import yaml

    key, sign, value = text.partition("=")
    if not sign or "." not in key:
        raise ValueError(f"--set: {text!r} is not of the form section.key=value, such as score.fdr=0.1")
    try:
        return key.strip().replace("-", "_"), yaml.safe_load(value)
    except yaml.YAMLError:
        return key.strip().replace("-", "_"), value


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(
            f"{path}: is not UTF-8 text; `fakeengage config` prints a file to start from"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f", line {mark.line + 1}"
        problem = getattr(error, "problem", None) or "unreadable"
        raise ValueError(
            f"{path}{where}: is not YAML ({problem}); `fakeengage config` prints a valid file"
        ) from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ValueError(f"{path}: holds no sections; `fakeengage config` prints a file to start from")
    # A section left empty (`score:`) means its defaults.
    return {str(key): {} if value is None else value for key, value in data.items()}


def _set(data: dict[str, Any], key: str, value: Any) -> None:
    section, _, field = key.partition(".")
    part = data.setdefault(section, {})
    if isinstance(part, dict):
        part[field] = value


def _explain(error: ValidationError) -> str:
    """First problem in one line: where, what, and what is allowed."""
    first = error.errors(include_url=False)[0]
    place = [str(part) for part in first["loc"]]
    name = ".".join(place)
    if first["type"] == "extra_forbidden":
        known = _known(place[:-1])
        near = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        return f"{name} is not a setting; {hint}"
    if first["type"] in ("model_type", "model_attributes_type"):
        return f"{name}: {first['input']!r} is not a section; its settings go below it, indented"
    message = str(first["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{name}: {first['input']!r} is not allowed; should be {message}"


def _known(place: list[str]) -> list[str]:
    model: type[BaseModel] = Config
    for part in place:
        kind = model.model_fields[part].annotation
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return []
        model = kind
    return list(model.model_fields)


def _scalar(value: Any) -> str:
    """`value` on one line of YAML."""
    import yaml

    value = list(value) if isinstance(value, tuple) else value
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.strip().removesuffix("...").strip()
