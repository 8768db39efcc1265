"""How well a model does on data from elsewhere: foreign generators, attacked real series, false alarms.

usage: python benches/transfer.py [--model DIR] [--seed 0] [--accounts 1500] [--attacks] [--record FILE]

Scorers: `alone` (the model's own score), `batch` (1 - p-value of `fakeengage.score`), `calibrated` (the model
after `calibrate` on half of the normal accounts, judged on the rest; where it can), trivial baselines. Hours:
where hour scores point. Intervals are 95 %, by bootstrap over accounts; twins of one real account count as
one. Real series come from the folder `../shared/data` or that of the variable FAKEENGAGE_DATA.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import fakeengage as fe
from fakeengage.baselines import largest_z, naive_isolation_forest, ratio_z, total_volume
from fakeengage.scoring import resolve_model
from measure import surroundings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from foreign.measure import Calibrator, HourScorer, Scorer, alarms_table, show, transfer_table
from foreign.real import FOLDER
from foreign.rules import largest_trailing_z, median_z, raw_counts, trailing_z
from foreign.targets import foreign_targets, real_targets

Floats = NDArray[np.float64]


class Judge:
    """One model on many panels, each of them judged once."""

    def __init__(self, model: Any, fdr: float, threads: int | None) -> None:
        self.model = model
        self.fdr = fdr
        self.threads = threads
        # By identity, holding the panel: a freed panel's number could come again.
        self._seen: dict[int, tuple[fe.Panel, dict[str, NDArray[Any]]]] = {}

    def verdicts(self, panel: fe.Panel) -> dict[str, NDArray[Any]]:
        """What `fakeengage.score` says, as arrays."""
        if id(panel) not in self._seen:
            result = fe.score(panel, self.model, fdr=self.fdr, threads=self.threads)
            table = result.accounts
            arrays = {
                "alone": table["score"].to_numpy(dtype=np.float64),
                "batch": 1.0 - table["p_value"].to_numpy(dtype=np.float64),
                "flagged": table["flagged"].to_numpy(dtype=bool),
                "hours": np.asarray(result.hour_scores, dtype=np.float64),
            }
            self._seen[id(panel)] = (panel, arrays)
        return self._seen[id(panel)][1]

    def alone(self, panel: fe.Panel) -> Floats:
        """Score of each account."""
        return self.verdicts(panel)["alone"]

    def batch(self, panel: fe.Panel) -> Floats:
        """1 - p-value of each account."""
        return self.verdicts(panel)["batch"]

    def hours(self, panel: fe.Panel) -> Floats:
        """Score of each hour."""
        return self.verdicts(panel)["hours"]

    def flags(self, panel: fe.Panel) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which accounts are judged, and which are flagged."""
        found = self.verdicts(panel)
        return ~np.isnan(found["batch"]), found["flagged"]

    def calibrated(self, organic: fe.Panel) -> Scorer:
        """The model's own score after calibration on known organic accounts."""
        own = copy.deepcopy(self.model)
        model = own.calibrate(organic) or own
        return lambda panel: model.score(panel)


def scorers_of(
    model: Any, fdr: float, threads: int | None
) -> tuple[dict[str, Scorer], dict[str, Scorer], dict[str, Calibrator], dict[str, HourScorer], Judge | None]:
    """Everything that a model can be asked; a bare detector has no p-values and no flags."""
    if isinstance(model, fe.models.Auditor):
        judge = Judge(model, fdr, threads)
        calibrators: dict[str, Calibrator] = {}
        if hasattr(model, "calibrate"):
            calibrators["calibrated"] = judge.calibrated
        return {"alone": judge.alone}, {"batch": judge.batch}, calibrators, {"hours": judge.hours}, judge
    hours = {}
    if hasattr(model, "score_hours"):
        hours["hours"] = lambda panel: np.concatenate([np.ravel(x) for x in model.score_hours(panel)])
    return {"alone": model.score}, {}, {}, hours, None


def study(arguments: argparse.Namespace) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The table of figures, and that of flags where the model flags."""
    model = resolve_model(None) if arguments.model is None else fe.load_model(arguments.model)
    alone, batch, calibrators, hours, judge = scorers_of(model, arguments.fdr, arguments.threads)
    # One stream for all panels: twins must not get the same number each.
    noise = np.random.default_rng(arguments.seed)
    trivial: dict[str, Scorer] = {
        "random": lambda panel: noise.random(len(panel)),
        "total volume": total_volume,
        "largest z": largest_z,
        "likes-per-view z": ratio_z,
    }
    forest: dict[str, Scorer] = {
        "naive Isolation Forest": partial(naive_isolation_forest, seed=arguments.seed)
    }
    plain: dict[str, HourScorer] = {"hours: raw counts": raw_counts, "hours: median + MAD": median_z}
    worlds = foreign_targets(arguments.accounts, seed=arguments.seed)
    series = real_targets(arguments.most, seed=arguments.seed)
    trailing: dict[str, HourScorer] = {"hours: trailing median + MAD": trailing_z}
    # The trailing rule is for the real sets, where it is what people use; on long worlds it is slow.
    figures = [
        transfer_table(
            {**alone, **trivial, **rule},
            targets,
            batch={**batch, **forest},
            calibrators=calibrators,
            hours={**hours, **plain, **hour_rule},
            n_resamples=arguments.resamples,
            seed=arguments.seed,
        )
        for targets, rule, hour_rule in (
            (worlds, {}, {}),
            (series, {"largest trailing z": largest_trailing_z}, trailing),
        )
    ]
    flags = None if judge is None else alarms_table(judge.flags, [*worlds, *series])
    return pd.concat(figures, ignore_index=True), flags


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="folder of a saved model; the shipped one by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--accounts", type=int, default=1500, help="accounts of each foreign world")
    parser.add_argument("--most", type=int, default=200, help="most series of each real set")
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--fdr", type=float, default=0.05)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--attacks", action="store_true", help="print AUROC by kind of attack, too")
    parser.add_argument("--record", type=Path, help="JSON file for all figures")
    arguments = parser.parse_args()
    if not FOLDER.is_dir():
        print(f"real series skipped: {FOLDER} is absent; set FAKEENGAGE_DATA", file=sys.stderr)
    cpu = time.process_time()
    table, alarms = study(arguments)
    print(show(table, attacks=arguments.attacks))
    if alarms is not None:
        print(f"\nFlags at a false discovery rate of {arguments.fdr:g}")
        print(alarms.to_string(index=False))
    cpu = time.process_time() - cpu
    print(f"\n{cpu:.0f} s of processor time")
    if arguments.record:
        options = {
            k: str(v) if isinstance(v, Path) else v for k, v in vars(arguments).items() if k != "record"
        }
        record = {
            **surroundings(),
            "options": options,
            "cpu_seconds": cpu,
            "figures": json.loads(table.to_json(orient="records")),
            "alarms": None if alarms is None else json.loads(alarms.to_json(orient="records")),
        }
        arguments.record.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"recorded in {arguments.record}")


if __name__ == "__main__":
    main()
