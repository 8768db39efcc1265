"""The autoencoder: learns without labels, repeats itself, and needs torch for training only."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.ranking import auroc

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")


@pytest.fixture(scope="module")
def data() -> fe.Dataset:
    return fe.simulate(n_users=400, seed=41)


@pytest.fixture(scope="module")
def detector(data: fe.Dataset) -> "fe.models.AutoencoderDetector":
    return fe.models.AutoencoderDetector(seed=3).fit(data.panel)


@needs_torch
def test_fakes_rank_above_normals_without_labels(detector: "fe.models.AutoencoderDetector") -> None:
    fresh = fe.simulate(n_users=400, seed=42)
    assert auroc(fresh.accounts.is_fake.to_numpy(dtype=bool), detector.score(fresh.panel)) > 0.7


@needs_torch
def test_the_same_seed_gives_the_same_scores_and_the_global_generator_is_left_alone(
    data: fe.Dataset, detector: "fe.models.AutoencoderDetector"
) -> None:
    import torch

    torch.manual_seed(99)
    before = torch.random.get_rng_state()
    again = fe.models.AutoencoderDetector(seed=3).fit(data.panel)
    assert torch.equal(before, torch.random.get_rng_state())
    assert np.array_equal(again.score(data.panel), detector.score(data.panel))


@needs_torch
def test_an_account_alone_scores_as_in_a_batch_and_as_the_saved_model(
    tmp_path: Path, data: fe.Dataset, detector: "fe.models.AutoencoderDetector"
) -> None:
    scores = detector.score(data.panel)
    loaded = fe.load_model(detector.save(tmp_path / "autoencoder"))
    assert np.array_equal(loaded.score(data.panel.select([7])), scores[[7]])
    assert np.array_equal(loaded.score(data.panel), scores)


def test_without_torch_training_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import fakeengage as fe\n"
        "data = fe.simulate(n_users=20, length=96, seed=1)\n"
        "try:\n    fe.models.AutoencoderDetector().fit(data.panel)\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'fakeengage[deep]'" in done.stdout


@pytest.mark.parametrize(("argument", "value"), [("hidden", 0), ("trim", 1.0), ("epochs", 0)])
def test_impossible_settings_name_the_argument(argument: str, value: float) -> None:
    with pytest.raises(ValueError, match=argument):
        fe.models.AutoencoderDetector(**{argument: value})  # type: ignore[arg-type]
