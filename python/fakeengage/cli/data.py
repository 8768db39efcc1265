"""Commands on data: simulate, inject, features, validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fakeengage.cli import options
from fakeengage.cli.console import counting, note, say, working
from fakeengage.cli.options import Data, Out, Threads
from fakeengage.cli.sources import load


def simulate(
    out: Out,
    n_users: Annotated[int, typer.Option(min=1, help="Accounts.")] = 500,
    length: Annotated[
        int | None, typer.Option(min=1, help="Hours per account.  [default: 336; with --like as in FILE]")
    ] = None,
    fake_ratio: Annotated[float, typer.Option(min=0, max=1, help="Share of fake accounts.")] = 0.35,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 0,
    preset: Annotated[
        str | None,
        typer.Option(
            help="published, realistic, evasive, blatant or a .yaml file.  [default: published; with --like "
            "realistic, for what FILE cannot tell]"
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="First hour, ISO 8601, UTC.  [default: 2024-01-01; with --like as in FILE]"),
    ] = None,
    n_worlds: Annotated[int, typer.Option(min=1, help="Simulated platforms.")] = 1,
    like: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Estimate the platform from organic data, given as for score."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another data set in that folder.")
    ] = False,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw all profiles and all attacks of the preset, too.")
    ] = False,
    threads: Threads = None,
) -> None:
    """Simulate accounts with known fakes, windows and mask.

    \b
    Examples:
      fakeengage simulate --out data/raw
      fakeengage simulate --preset realistic --plot --out data/realistic
      fakeengage simulate --n-users 5000 --fake-ratio 0.1 --preset realistic --seed 7 --out data/big
      fakeengage simulate --like posts.csv --out data/mine

    \b
    Writes dataset.json, series/part-*.parquet, accounts.parquet and windows.parquet, part by part:
    any number of accounts fits in memory. Stopped, the same command goes on where it was.
    With --plot also profiles.png and attacks.png, from accounts simulated for them alone.
    With --like also preset.yaml, the estimated platform, which --preset takes.
    """
    import fakeengage as fe
    from fakeengage.dataset.joining import count_fakes
    from fakeengage.simulation import simulate_to_folder

    estimate = None
    if like is not None:
        source = load(like)
        with working("estimating"):
            estimate = fe.estimate_preset(
                getattr(source, "panel", source), base=preset or "realistic", threads=threads, name=like
            )
        say("\n".join(estimate.sentences))
    spec = fe.SimulationSpec(
        preset=preset or ("published" if estimate is None else estimate.base),
        seed=seed,
        length=length or (336 if estimate is None else estimate.length),
        fake_ratio=fake_ratio,
        start=start or ("2024-01-01" if estimate is None else estimate.start),
        n_worlds=n_worlds,
        # In the spec itself, not as a path: the folder must load wherever it is moved to.
        overrides={} if estimate is None else estimate.overrides,
        missing=None if estimate is None else estimate.missing or None,
    )
    try:
        with counting("simulating", "accounts") as show:
            simulate_to_folder(spec, n_users, out, threads=threads, overwrite=overwrite, progress=show)
    except KeyboardInterrupt:
        note(f"{out} keeps what is done; the same command goes on from there")
        raise
    if estimate is not None:
        estimate.save(out / "preset.yaml")
    if plot:
        from fakeengage.plots import save_gallery

        with working("drawing"):
            save_gallery(spec, out, threads=threads)
    fakes = count_fakes(out)
    world = f"preset {spec.preset}" if estimate is None else f"estimated from {like} (preset.yaml)"
    say(f"{n_users} accounts of {spec.length} hours, {fakes} of them fake, {world}, seed {seed}\n{out}")


def inject(
    data: Data,
    attack: Annotated[str, typer.Option(help="One of the 12 attacks, such as drip_feed.")],
    out: Out,
    account: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only these; repeatable.")] = None,
    window: Annotated[
        str | None, typer.Option(metavar="START,END", help="Two moments, end excluded.")
    ] = None,
    intensity: Annotated[
        float | None, typer.Option(help="Peak multiplier, or added level for drip, sleeper and farm.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 0,
    threads: Threads = None,
) -> None:
    """Put an attack into series of your own, to see whether it would be found.

    \b
    Examples:
      fakeengage inject posts.csv --attack drip_feed --out attacked
      fakeengage inject posts.csv --attack single_spike --account anna --seed 3 --out attacked

    \b
    Writes series.csv (with labels, ready for score and train) and windows.csv.
    """
    import fakeengage as fe
    from fakeengage.tables import make_folder, to_bytes, write_atomically

    source = load(data)
    panel = getattr(source, "panel", source)
    folder = make_folder(out)
    with working(f"injecting {attack}"):
        done = fe.inject(
            panel,
            attack,
            accounts=[panel.account_ids[i] for i in account_positions(panel, account)] if account else None,
            window=None if window is None else _window(window),
            intensity=intensity,
            seed=seed,
            threads=threads,
        )
        write_atomically(folder / "series.csv", to_bytes(done.to_frame(labels=True), "csv"))
        write_atomically(folder / "windows.csv", to_bytes(done.windows, "csv"))
    untouched = f", {len(done.untouched)} had no reading to change" if done.untouched else ""
    say(f"{attack} in {len(done.intensity)} of {len(panel)} accounts{untouched}\n{folder / 'series.csv'}")


def account_positions(panel: object, names: list[str]) -> list[int]:
    """Positions of accounts by their id as text.

    Raises
    ------
    ValueError
        If an id is not in the data; the nearest known one is named.
    """
    import difflib

    known = {str(name): i for i, name in enumerate(panel.account_ids)}  # type: ignore[attr-defined]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it knows {_some(list(known))}"
            raise ValueError(f"--account: {name} is not in the data; {hint}")
    return [known[name] for name in names]


def _some(names: list[str], most: int = 3) -> str:
    """The first few of `names`, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _window(text: str) -> tuple[str, str]:
    start, comma, end = text.partition(",")
    if not comma or not start.strip() or not end.strip():
        raise ValueError(f"--window: {text!r} is not of the form START,END, such as 2024-01-03,2024-01-05")
    return start.strip(), end.strip()


def features(
    data: Annotated[
        str | None, typer.Argument(metavar="[DATA]", help="As for score; not needed with --list.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Parquet, CSV or JSON, by its ending.")
    ] = None,
    families: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="Only these; coordination must be named.  [default: all others]"
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print every feature with unit and meaning.")] = False,
    format: Annotated[
        str, typer.Option("--format", help="With --list: table, csv or json.", show_default=True)
    ] = "table",
    threads: Threads = None,
) -> None:
    """Write the features of every account, one row each.

    \b
    Examples:
      fakeengage features --list
      fakeengage features --list --families coordination --format json
      fakeengage features posts.csv --out features.parquet
      fakeengage features posts.csv --families burst,ratio,coordination --out features.csv

    \b
    The features of an account are the same alone or in any batch, except for the family coordination,
    which compares the accounts of DATA with one another.
    """
    import fakeengage as fe
    from fakeengage.tables import check_format, make_folder, to_bytes, write_atomically

    wanted = None if families is None else [name.strip() for name in families.split(",") if name.strip()]
    if wanted == []:
        raise ValueError("--families: no name is given; such as burst,ratio")
    if list_:
        _print_features(wanted, format)
        return
    if format != "table":
        raise ValueError("--format: goes with --list; the ending of --out says how features are written")
    if data is None or out is None:
        raise ValueError(
            "DATA and --out are needed, or --list; such as: features posts.csv --out features.parquet"
        )
    kind = check_format(out.suffix.removeprefix("."))
    if wanted is not None:
        from fakeengage.features import list_features

        list_features(families=wanted)  # a wrong name is said before anything is read
    source = load(data)
    with working("computing features"):
        frame = fe.extract_features(getattr(source, "panel", source), families=wanted, threads=threads)
    make_folder(out.parent)
    write_atomically(out, to_bytes(frame.reset_index(), kind))
    say(f"{frame.shape[1]} features of {len(frame)} accounts\n{out}")


def _print_features(families: list[str] | None, format: str) -> None:
    """Print the registry as a table for people, or as CSV or JSON."""
    from dataclasses import asdict

    import pandas as pd

    from fakeengage.cli.console import print_table
    from fakeengage.features import BATCH_FAMILIES, FAMILIES, list_features
    from fakeengage.tables import to_bytes

    if format not in ("table", "csv", "json"):
        raise ValueError(f"--format: {format!r} is not known; one of table, csv, json")
    rows = list_features(families=(*FAMILIES, *BATCH_FAMILIES) if families is None else families)
    frame = pd.DataFrame([asdict(row) for row in rows])
    if format == "table":
        # The column of any width comes last.
        print_table(frame[[*frame.columns.drop("meaning"), "meaning"]])
    else:
        print(to_bytes(frame, "csv" if format == "csv" else "json").decode(), end="")


def validate(
    data: Data,
    columns: options.Columns = None,
    timezone: options.Timezone = None,
    counts: options.Counts = None,
    gaps: options.Gaps = None,
    resample: options.Resample = None,
    from_events: options.FromEvents = False,
) -> None:
    """Check data before it is judged: quality, statistics, and labels where there are any.

    \b
    Examples:
      fakeengage validate posts.csv
      fakeengage validate data/raw

    \b
    Labels are those of a simulated folder, or the columns label, window_start and window_end: do they let
    somebody tell fakes from normals without looking at the attacks?
    Exit code 1 when a check fails.
    """
    import fakeengage as fe
    from fakeengage.cli.console import print_table

    reading = {
        "columns": options.pairs(columns),
        "timezone": timezone,
        "counts": counts,
        "gaps": gaps,
        "resample": resample,
        "from_events": from_events or None,
    }
    with working("reading"):
        source = load(data, {name: value for name, value in reading.items() if value is not None})
    with working("checking quality, statistics and labels"):
        found = fe.validate(source)
    for part in ("quality", "statistics", "labels"):
        rows = found.part(part)
        if len(rows):
            say(part)
            print_table(rows)
            say("")
    if not found.ok:
        raise typer.Exit(1)
