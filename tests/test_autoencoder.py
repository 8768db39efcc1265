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
    assert auroc(fresh.accounts.is_fake.to_numpy(dtype=bool), detector.score(fresh.panel)) > 0.8


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
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import fakeengage as fe\n"
        "data = fe.simulate(n_users=20, length=96, seed=1)\n"
        "try:\n    fe.models.AutoencoderDetector().fit(data.panel)\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'fakeengage[deep]'" in done.stdout


@needs_torch
def test_progress_hears_of_every_pass_and_training_stops_early(data: fe.Dataset) -> None:
    heard: list[tuple[int, int, float]] = []
    detector = fe.models.AutoencoderDetector(epochs=500, patience=3, learning_rate=0.01)
    detector.fit(data.panel, progress=lambda *now: heard.append(now))
    assert [done for done, _, _ in heard] == list(range(1, len(heard) + 1))
    assert [loss for _, _, loss in heard] == detector.losses_
    assert 3 < len(heard) < 500
    # The last passes brought nothing, the first did.
    assert np.argmin(detector.losses_) == len(heard) - 1 - 3
    assert min(detector.losses_) < 0.9 * detector.losses_[0]


@needs_torch
def test_the_net_is_rebuilt_in_rust_as_torch_computes_it(detector: "fe.models.AutoencoderDetector") -> None:
    import torch

    rows = np.random.default_rng(0).normal(size=(5, len(detector.columns_)))
    layers = detector._layers
    x = torch.as_tensor(rows)
    for k, (weight, bias) in enumerate(zip(layers.weights, layers.biases, strict=True)):
        x = torch.nn.functional.linear(x, torch.as_tensor(weight), torch.as_tensor(bias))
        x = torch.tanh(x) if k < 3 else x
    np.testing.assert_allclose(layers.forward(rows), x.numpy(), atol=1e-6)


@needs_torch
def test_normal_accounts_alone_teach_better_than_all(
    data: fe.Dataset, detector: "fe.models.AutoencoderDetector"
) -> None:
    fresh = fe.simulate(n_users=400, seed=42)
    taught = fe.models.AutoencoderDetector(seed=3).fit(data.panel, data.accounts.is_fake)
    # Seeds 42 to 47 gave .83 to .91, and each less without labels.
    assert taught.score(fresh.panel, fresh.accounts.is_fake) > max(
        0.85, detector.score(fresh.panel, fresh.accounts.is_fake)
    )


@needs_torch
@pytest.mark.parametrize(
    ("argument", "value"),
    [("hidden", 0), ("trim", 1.0), ("epochs", 0), ("mask", -0.1), ("worst", 0.0), ("device", "tpu")],
)
def test_impossible_settings_name_the_argument(argument: str, value: object, data: fe.Dataset) -> None:
    detector = fe.models.AutoencoderDetector(**{argument: value})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=argument):
        detector.fit(data.panel)
