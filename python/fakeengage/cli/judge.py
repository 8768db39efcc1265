"""Commands that judge accounts: score, explain."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fakeengage.cli import options
from fakeengage.cli.console import say, working
from fakeengage.cli.data import account_positions
from fakeengage.cli.options import settings_from
from fakeengage.cli.sources import check_exists, is_simulated

if TYPE_CHECKING:
    from fakeengage.config import Config
    from fakeengage.policies import Policy
    from fakeengage.result import Result


def score(
    data: options.Data,
    out: Annotated[
        str, typer.Option(metavar="DIR", help="Folder to write to, or - for the accounts on stdout.")
    ],
    model: options.Model = None,
    fdr: Annotated[float | None, typer.Option(help="False discovery rate of flags.  [default: 0.05]")] = None,
    share: Annotated[
        float | None, typer.Option(help="Flag this share of the accounts instead, the most suspicious.")
    ] = None,
    budget: Annotated[int | None, typer.Option(help="Flag this many accounts instead.")] = None,
    cost_ratio: Annotated[
        float | None,
        typer.Option(help="Flag where a missed fake costs this many times as much as a wrong flag."),
    ] = None,
    format: Annotated[str | None, typer.Option(help="csv, parquet or json.  [default: csv]")] = None,
    columns: options.Columns = None,
    timezone: options.Timezone = None,
    counts: options.Counts = None,
    gaps: options.Gaps = None,
    resample: options.Resample = None,
    from_events: options.FromEvents = False,
    threads: options.Threads = None,
    config: options.ConfigFile = None,
    set_: options.Set = None,
) -> None:
    """Judge every account: is it fake, when, how much, how sure, and why.

    \b
    DATA has one row per account and hour (or any other step from 1 minute to 1 month):
      account_id,timestamp,views,likes,comments,shares
      anna,2024-03-01T00:00:00Z,120,14,2,0
    One of the four counts is enough; other columns are ignored.

    \b
    Examples:
      fakeengage score posts.csv --out results
      fakeengage score posts.csv --columns account_id=user,views=play_count --counts cumulative --out results
      zcat posts.csv.gz | fakeengage score - --out - > accounts.csv

    \b
    Writes accounts, windows, cohorts and rejected (csv), summary.json, report.html and fakeengage.yaml.
    A flag is a reason to look, not proof.
    """
    settings = settings_from(
        config,
        set_,
        score__model=model,
        score__fdr=fdr,
        score__format=format,
        score__threads=threads,
        reading__columns=options.pairs(columns),
        reading__timezone=timezone,
        reading__counts=counts,
        reading__gaps=gaps,
        reading__resample=resample,
        reading__from_events=from_events or None,
    )
    from fakeengage.policies import Policy

    policy = Policy.of(fdr=settings.score.fdr, share=share, budget=budget, cost_ratio=cost_ratio)
    folder = _target(out)
    result = _judge(data, settings, policy)
    if folder is None:
        from fakeengage.tables import to_bytes

        sys.stdout.buffer.write(to_bytes(result.accounts, settings.score.format))
        sys.stdout.buffer.flush()
        return
    from fakeengage.config import write_config

    with working("writing the report"):
        result.save(folder, settings.score.format)
        write_config(settings, folder)
        report = result.report(folder / "report.html")
    _tell(result)
    say(str(report))


def explain(
    data: options.Data,
    account: Annotated[list[str], typer.Option(metavar="ID", help="Account to explain; repeatable.")],
    out: options.Out,
    model: options.Model = None,
    columns: options.Columns = None,
    timezone: options.Timezone = None,
    counts: options.Counts = None,
    config: options.ConfigFile = None,
) -> None:
    """Explain the verdict on an account: reasons, windows, charts.

    \b
    Example:
      fakeengage explain posts.csv --account anna --out results

    \b
    Writes explanation.html and explanation.json.
    """
    from fakeengage.report import write_report
    from fakeengage.tables import make_folder, plain, records, write_atomically

    settings = settings_from(
        config,
        score__model=model,
        reading__columns=options.pairs(columns),
        reading__timezone=timezone,
        reading__counts=counts,
    )
    folder = make_folder(out)
    result = _judge(data, settings)
    positions = account_positions(result.panel, account)
    table = result.accounts.iloc[positions]
    windows = result.windows[result.windows["account_id"].isin(table["account_id"])]
    found = {"accounts": list(records(table)), "windows": list(records(windows))}
    text = json.dumps(plain(found), indent=2, ensure_ascii=False)
    write_atomically(folder / "explanation.json", (text + "\n").encode("utf-8", errors="backslashreplace"))
    page = write_report(result, folder / "explanation.html", accounts=positions)
    for record in found["accounts"]:
        verdict = (
            "flagged"
            if record["flagged"]
            else "not flagged"
            if record["status"] == "ok"
            else record["status"]
        )
        say(f"{record['account_id']}: {verdict}" + (f"; {record['reasons']}" if record["reasons"] else ""))
    say(str(page))


def _target(out: str) -> Path | None:
    """Folder to write to, made before any work is done; ``None`` for stdout."""
    from fakeengage.tables import make_folder

    return None if out == "-" else make_folder(out)


def _judge(data: str, settings: Config, policy: Policy | None = None) -> Result:
    check_exists(data)
    import fakeengage as fe

    reading: dict[str, Any] = settings.reading_options()
    source = fe.load_dataset(data).panel if is_simulated(data) else fe.read_panel(data, **reading)
    with working("judging"):
        result: Result = fe.score(
            source,
            settings.score.model,
            settings.score.fdr,
            policy=policy,
            threads=settings.score.threads,
        )
    return result


_KINDS = {"nominal": "a nominal", "own organic accounts": "an estimated"}


def _tell(result: Result) -> None:
    judged = int(result.accounts["score"].notna().sum())
    flagged = int(result.accounts["flagged"].sum())
    rule, kind = result.summary["policy"], result.summary.get("calibration", "nominal")
    left = f", {len(result.accounts) - judged} could not be judged" if judged < len(result.accounts) else ""
    rejected = f", {len(result.rejected)} rows not used" if len(result.rejected) else ""
    what = "accounts" if judged == len(result.accounts) else "judged accounts"
    by = (
        f" at {_KINDS.get(kind, kind)} false discovery rate of {rule['value']}"
        if rule["kind"] == "fdr"
        else f" ({rule['words']})"
    )
    say(f"{flagged} of {judged} {what} flagged{by}{left}{rejected}")
