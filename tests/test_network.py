"""The convolution net: channels by their definition, answers by a slow reference and by torch, same bits."""

from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fakeengage as fe
from fakeengage.cadence import Cadence
from fakeengage.models.network import CHANNELS, Network, channels
from fakeengage.panel import METRICS, Panel
from network_reference import forward, random_weights

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")

PER_METRIC = 7
RESIDUAL, STANDARD, LEVEL, MEAN_LEVEL, SEEN, TAKEN_BACK, ABOVE = range(PER_METRIC)
DILATIONS = np.array([1, 4, 32])


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Gaps, corrections below zero and quiet metrics."""
    return fe.simulate(n_users=40, length=200, seed=3, missing=0.1, preset="realistic").panel


@pytest.fixture(scope="module")
def ragged() -> Panel:
    """Accounts of 1 to 500 steps, one of none, with gaps, huge counts and steps taken back."""
    rng = np.random.default_rng(5)
    lengths = [0, 1, 2, 5, 8, 9, 17, 100, 337, 500]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    data = rng.poisson(np.exp(rng.normal(2, 2, 4 * offsets[-1]))).astype(np.float32)
    data[rng.random(len(data)) < 0.1] = np.nan
    data[rng.random(len(data)) < 0.02] *= -1
    data[rng.random(len(data)) < 0.01] = 3e38
    data[rng.random(len(data)) < 0.01] = -3e38
    data[rng.random(len(data)) < 0.01] = np.inf
    starts = rng.integers(-50, 500_000, len(lengths))
    return Panel(data, offsets, starts, METRICS, np.arange(len(lengths)))


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(random_weights(1), DILATIONS)


def cubes(panel: Panel) -> NDArray[np.float32]:
    return channels(panel).reshape(len(panel), len(CHANNELS), -1)


def test_channels_are_what_their_definition_says(panel: Panel) -> None:
    made = cubes(panel)
    assert np.isfinite(made).all()
    variances = []
    for k in range(4):
        y = panel.values[:, :, k].astype(float)
        x = made[:, PER_METRIC * k : PER_METRIC * (k + 1)].astype(float)
        known = np.isfinite(y)
        usual = np.exp(x[:, LEVEL] + 5 * x[:, MEAN_LEVEL])
        np.testing.assert_allclose(x[:, LEVEL].mean(axis=1), 0, atol=1e-5)
        assert (np.ptp(x[:, MEAN_LEVEL], axis=1) == 0).all()
        np.testing.assert_array_equal(x[:, SEEN], known)
        for channel in (RESIDUAL, STANDARD, TAKEN_BACK, ABOVE):
            assert (x[:, channel][~known] == 0).all()

        log_y = np.log(np.maximum(y, 0) + 0.5)
        r = np.where(known, log_y - np.log(usual), 0)
        np.testing.assert_allclose(x[:, RESIDUAL], np.clip(r, -4, 4), atol=2e-5)
        lost = np.where(known, np.minimum(y, 0), 0) / usual.mean(axis=1, keepdims=True)
        np.testing.assert_allclose(x[:, TAKEN_BACK], np.arcsinh(lost), rtol=1e-4, atol=1e-6)
        assert (x[:, TAKEN_BACK] < 0).sum() == (y < 0).sum()
        lower = np.nanquantile(log_y, 0.5, axis=1, method="inverted_cdf", keepdims=True)
        above = np.where(known, np.clip(log_y - lower, -6, 6), 0)
        np.testing.assert_allclose(x[:, ABOVE], above, atol=2e-5)

        # One variance per account explains its standardised residuals, and scales their median.
        z = np.sinh(x[:, STANDARD])
        for i in range(len(panel)):
            far = np.abs(r[i]) > 0.1
            if far.sum() < 20:
                continue
            own = (r[i][far] / z[i][far]) ** 2 - 1 / usual[i][far]
            variance = float(np.median(own))
            variances.append(variance)
            np.testing.assert_allclose(own, variance, rtol=1e-2, atol=2e-4)
            middle = np.median(np.abs(z[i][known[i]]))
            assert middle < 0.68 if variance < 3e-4 else abs(middle - 0.6745) < 0.03
    assert np.median(variances) > 1e-3


def test_the_clock_gives_the_hour_of_day_where_there_is_one() -> None:
    values = np.full((1, 60, 1), 3.0)
    for start, cadence, per_day in (
        ("2024-01-01T07:00", Cadence(60), 24),
        ("2024-01-01T06:00", Cadence(360), 4),
    ):
        panel = Panel.from_arrays(values, metrics=["likes"], start=start, cadence=cadence)
        hour = 2 * np.pi * (panel.starts[0] + np.arange(60)) / per_day
        sine, cosine, known = cubes(panel)[0, -3:]
        np.testing.assert_allclose(sine, np.sin(hour), atol=1e-6)
        np.testing.assert_allclose(cosine, np.cos(hour), atol=1e-6)
        assert (known == 1).all()
    daily = Panel.from_arrays(values, metrics=["likes"], cadence=Cadence(1440))
    assert (cubes(daily)[0, -3:] == 0).all()


def test_metrics_have_their_place_whichever_others_there_are(panel: Panel) -> None:
    whole = cubes(panel)
    for metrics in (["views"], ["shares"], ["likes", "comments"], ["views", "likes", "shares"]):
        slots = [METRICS.index(metric) for metric in metrics]
        values = panel.values[:, :, slots]
        part = cubes(Panel.from_arrays(values, metrics=metrics, start="2024-01-01"))
        for k in range(4):
            mine = slice(PER_METRIC * k, PER_METRIC * (k + 1))
            np.testing.assert_array_equal(part[:, mine], whole[:, mine] if k in slots else 0)
        np.testing.assert_array_equal(part[:, -3:], whole[:, -3:])


def test_a_metric_never_seen_is_like_one_that_is_absent(panel: Panel) -> None:
    values = panel.values.copy()
    values[:, :, 1] = np.nan
    unseen = cubes(Panel.from_arrays(values, start="2024-01-01"))
    assert (unseen[:, PER_METRIC : 2 * PER_METRIC] == 0).all()
    np.testing.assert_array_equal(unseen[:, :PER_METRIC], cubes(panel)[:, :PER_METRIC])


def test_channels_and_answers_are_finite_at_any_length_and_size(ragged: Panel, network: Network) -> None:
    made = channels(ragged)
    assert made.shape == (len(CHANNELS) * ragged.offsets[-1],)
    assert np.isfinite(made).all()
    # Of the largest counts, too: what a net sees stays within bounds.
    assert np.abs(made).max() < 100
    answers = network.answer(ragged)
    assert answers.accounts.shape == (len(ragged), network.n_account_outputs)
    assert answers.hours.shape == (ragged.offsets[-1] * network.n_hour_outputs,)
    empty = np.diff(ragged.offsets) == 0
    np.testing.assert_array_equal(np.isnan(answers.accounts).all(axis=1), empty)
    assert np.isfinite(answers.hours).all()


@pytest.mark.parametrize(
    ("width", "taps", "dilations", "n_channels"),
    [
        (1, 1, [], 1),
        (5, 3, [1, 200], 3),
        (16, 5, [3], 31),
        (20, 3, [1, 2, 4], 31),
        (32, 3, [1, 8, 64], 31),
        (48, 7, [2], 40),
        (90, 3, [1], 31),
    ],
)
def test_answers_are_those_of_the_reference(
    width: int, taps: int, dilations: list[int], n_channels: int
) -> None:
    outputs = {"hour_outputs": 1 + width % 18, "hidden": 1 + width % 31, "account_outputs": 1 + width % 7}
    shape = {"n_channels": n_channels, "width": width, "taps": taps, "n_blocks": len(dilations)}
    weights = random_weights(width, **shape, **outputs)
    net = Network(weights, np.array(dilations, dtype=np.int64))
    rng = np.random.default_rng(width)
    lengths = [1, 2, 7, 8, 9, 61]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    x = rng.normal(0, 2, n_channels * offsets[-1]).astype(np.float32)
    answers = net.of_channels(x, offsets)
    n_hours = net.n_hour_outputs
    for i, (begin, end) in enumerate(pairwise(offsets)):
        account, hours = forward(
            x[n_channels * begin : n_channels * end].reshape(n_channels, -1), weights, dilations
        )
        np.testing.assert_allclose(answers.accounts[i], account, atol=1e-5)
        mine = answers.hours[n_hours * begin : n_hours * end].reshape(n_hours, -1)
        np.testing.assert_allclose(mine, hours, atol=1e-5)


def test_long_accounts_lose_no_precision() -> None:
    weights = random_weights(2, width=6, n_blocks=1)
    x = np.random.default_rng(2).normal(1, 1, (31, 9000)).astype(np.float32)
    answers = Network(weights, np.array([7])).of_channels(x.reshape(-1), np.array([0, 9000]))
    np.testing.assert_allclose(answers.accounts[0], forward(x, weights, [7])[0], atol=1e-5)


def test_an_account_has_the_same_bits_alone_in_any_order_and_on_any_threads(
    ragged: Panel, network: Network
) -> None:
    made, answers = channels(ragged, threads=1), network.answer(ragged, threads=1)
    again, threaded = channels(ragged, threads=3), network.answer(ragged, threads=3)
    np.testing.assert_array_equal(made, again)
    np.testing.assert_array_equal(answers.hours, threaded.hours)
    np.testing.assert_array_equal(answers.accounts, threaded.accounts)
    order = np.arange(len(ragged))[::-1]
    turned = network.answer(ragged[order])
    np.testing.assert_array_equal(turned.accounts, answers.accounts[order])
    n_hours = network.n_hour_outputs
    for i in range(len(ragged)):
        begin, end = ragged.offsets[i], ragged.offsets[i + 1]
        alone = network.answer(ragged[[i]])
        np.testing.assert_array_equal(channels(ragged[[i]]), made[31 * begin : 31 * end])
        np.testing.assert_array_equal(alone.accounts[0], answers.accounts[i])
        np.testing.assert_array_equal(alone.hours, answers.hours[n_hours * begin : n_hours * end])


def test_a_panel_is_answered_as_its_channels_are(ragged: Panel, network: Network) -> None:
    fused, split = network.answer(ragged), network.of_channels(channels(ragged), ragged.offsets)
    np.testing.assert_array_equal(fused.accounts, split.accounts)
    np.testing.assert_array_equal(fused.hours, split.hours)


def test_arrays_go_out_and_come_back(panel: Panel, network: Network) -> None:
    again = Network.from_arrays(network.to_arrays())
    np.testing.assert_array_equal(again.answer(panel).hours, network.answer(panel).hours)
    arrays = network.to_arrays()
    del arrays["dilations"]
    with pytest.raises(ValueError, match="lacks the array 'dilations'"):
        Network.from_arrays(arrays)


@pytest.mark.parametrize("name", sorted(random_weights(1, n_blocks=1)))
def test_each_array_is_needed_in_its_shape_and_finite(name: str) -> None:
    weights = random_weights(1, n_blocks=1)
    with pytest.raises(ValueError, match=f'a net without "{name}"'):
        Network({other: array for other, array in weights.items() if other != name}, np.array([1]))
    if not name.startswith("hours") and name not in ("account.1.bias", "account.1.weight"):
        with pytest.raises(ValueError, match=r"shape \[.*\] is not allowed"):
            Network({**weights, name: weights[name][:-1]}, np.array([1]))
    with pytest.raises(ValueError, match=f"{name}: the shape"):
        Network({**weights, name: weights[name][..., None, None]}, np.array([1]))
    broken = weights[name].copy()
    broken.reshape(-1)[-1] = np.nan
    with pytest.raises(ValueError, match=f"{name}: NaN is not allowed; finite"):
        Network({**weights, name: broken}, np.array([1]))


@pytest.mark.parametrize(
    ("change", "dilations", "message"),
    [
        ({}, [1, 2], 'a net without "blocks.1'),
        ({}, [], 'an array "blocks.0'),
        ({}, [0], "dilations: 0 is not allowed"),
        ({}, [2**62], "dilations: .* is not allowed"),
        ({"blocks.0.conv.weight": np.ones((20, 20, 2), np.float32)}, [1], "2 taps is not allowed; an odd"),
        ({"blocks.0.conv.weight": np.ones((20, 20, 0), np.float32)}, [1], "none of them empty"),
        ({"extra": np.ones(3, np.float32)}, [1], 'weights: an array "extra" is not allowed'),
        ({"stem.weight": np.ones((0, 31), np.float32)}, [1], "none of them empty"),
    ],
)
def test_nets_that_do_not_fit_together_are_refused(
    change: dict[str, Any], dilations: list[int], message: str
) -> None:
    weights = random_weights(1, n_blocks=1) | change
    with pytest.raises(ValueError, match=message):
        Network(weights, np.array(dilations, dtype=np.int64))


def test_channels_that_do_not_fit_the_net_are_refused(panel: Panel, network: Network) -> None:
    offsets = np.array([0, 5])
    with pytest.raises(ValueError, match="channels: has 154 values, expected 155"):
        network.of_channels(np.ones(154, np.float32), offsets)
    with pytest.raises(ValueError, match="channels: NaN is not allowed"):
        network.of_channels(np.full(155, np.nan, np.float32), offsets)
    with pytest.raises(ValueError, match="offsets"):
        network.of_channels(np.ones(155, np.float32), np.array([5, 0]))
    other = Network(random_weights(1, n_channels=30), DILATIONS)
    with pytest.raises(ValueError, match="a net of 30 channels is not allowed; a panel gives 31"):
        other.answer(panel)


def test_weights_of_other_types_and_strides_are_taken(panel: Panel, network: Network) -> None:
    other = {name: array.astype(float).T.copy().T for name, array in network.weights.items()}
    # Convolutions of one tap come out of torch with a last axis.
    for name in ("stem.weight", "hours.weight", "blocks.0.mix.weight"):
        other[name] = other[name][:, :, None]
    again = Network.from_torch_state(other, list(DILATIONS))
    np.testing.assert_array_equal(again.answer(panel).accounts, network.answer(panel).accounts)


@needs_torch
def test_answers_are_those_of_torch(panel: Panel) -> None:
    import torch
    from torch import nn

    torch.manual_seed(4)
    width, dilations = 32, [1, 4, 16, 64]
    pieces: dict[str, nn.Module] = {"stem": nn.Conv1d(31, width, 1), "norm": nn.LayerNorm(width)}
    pieces |= {"hours": nn.Conv1d(width, 9, 1)}
    pieces |= {"account": nn.ModuleList([nn.Linear(3 * width, 40), nn.Linear(40, 13)])}
    blocks = nn.ModuleList(
        nn.ModuleDict(
            {
                "norm": nn.LayerNorm(width),
                "conv": nn.Conv1d(width, width, 3, padding=d, dilation=d),
                "context": nn.Linear(width, width, bias=False),
                "mix": nn.Conv1d(width, width, 1),
            }
        )
        for d in dilations
    )
    net = nn.ModuleDict({**pieces, "blocks": blocks})

    def normed(layer: nn.Module, h: torch.Tensor) -> torch.Tensor:
        return layer(h.transpose(1, 2)).transpose(1, 2)

    with torch.no_grad():
        h = net["stem"](torch.from_numpy(cubes(panel)))
        for block in blocks:
            n = normed(block["norm"], h)
            h = h + block["mix"](torch.relu(block["conv"](n) + block["context"](n.mean(2))[:, :, None]))
        f = normed(net["norm"], h)
        hours = net["hours"](f)
        attention = torch.softmax(hours[:, :1], 2)
        pooled = torch.cat([f.mean(2), f.amax(2), (f * attention).sum(2)], 1)
        accounts = net["account"][1](torch.relu(net["account"][0](pooled)))

    answers = Network.from_torch_state(net.state_dict(), dilations).answer(panel)
    np.testing.assert_allclose(answers.accounts, accounts.numpy(), atol=1e-5)
    np.testing.assert_allclose(answers.hours, hours.numpy().reshape(-1), atol=1e-5)
